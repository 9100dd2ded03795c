import { byId } from "../view/element.ts";
import { type Camera, openCamera } from "./qr-reader.ts";

/**
 * Shows the camera until it sees a QR code or the reader closes it.
 * Throws: DOMException where there is no camera, or nobody allows it.
 * Trust: the text is attacker-chosen.
 */
export async function scanWithCamera(onText: (text: string) => void): Promise<void> {
  const dialog = byId("camera", HTMLDialogElement);
  let camera: Camera | undefined;
  dialog.addEventListener("close", () => camera?.stop(), { once: true });
  dialog.showModal();
  try {
    camera = await openCamera(byId("video", HTMLVideoElement), (text) => {
      dialog.close();
      onText(text);
    });
    // Closed while the browser was asking.
    if (!dialog.open) camera.stop();
  } catch (error) {
    dialog.close();
    throw error;
  }
}
