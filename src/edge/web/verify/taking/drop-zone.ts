import { byId } from "../view/element.ts";

/** The whole window takes what is dropped on it: files, or text dragged out of somewhere. */
export function takeDrops(onFiles: (files: readonly File[]) => void, onText: (text: string) => void): void {
  const cover = byId("drop-cover", HTMLElement);
  window.addEventListener("dragover", (event) => {
    event.preventDefault();
    cover.hidden = false;
  });
  window.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) cover.hidden = true;
  });
  window.addEventListener("drop", (event) => {
    event.preventDefault();
    cover.hidden = true;
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length > 0) onFiles(files);
    else onText(event.dataTransfer?.getData("text") ?? "");
  });
}
