import { byId } from "./view/element.ts";

/** The whole window takes what is dropped on it: a file, or text dragged out of somewhere. */
export function takeDrops(onFile: (file: File) => void, onText: (text: string) => void): void {
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
    const file = event.dataTransfer?.files[0];
    if (file) onFile(file);
    else onText(event.dataTransfer?.getData("text") ?? "");
  });
}
