import decodeQR from "qr/decode.js";

/** Why no QR code was read. */
export type QrFault = "NO_QR" | "NOT_A_PICTURE" | "PICTURE_TOO_LARGE";

/** Largest picture file. Units: bytes. */
const maxPictureBytes = 25 * 1024 * 1024;
/** Longest side a picture is looked at in, one after the other. Units: pixels. */
const pictureSides = [1000, 1800, 600];
/** Longest side of a camera's frame. Units: pixels. */
const frameSide = 1080;

/** The text of the QR code in a picture. Trust: the text is attacker-chosen. */
export async function readPicture(file: Blob): Promise<{ text: string } | { fault: QrFault }> {
  if (file.size > maxPictureBytes) return { fault: "PICTURE_TOO_LARGE" };
  const picture = await createImageBitmap(file).catch(() => undefined);
  if (!picture) return { fault: "NOT_A_PICTURE" };
  try {
    for (const side of pictureSides) {
      const text = decode(draw(picture, picture.width, picture.height, side), 1500);
      if (text !== undefined) return { text };
    }
    return { fault: "NO_QR" };
  } finally {
    picture.close();
  }
}

/** A camera that looks for a QR code until it finds one or is stopped. */
export type Camera = Readonly<{ stop(): void }>;

/**
 * Opens the camera, shows it in `video` and tells the first QR code it sees, once, after stopping.
 * Throws: DOMException where there is no camera, or nobody allows it.
 */
export async function openCamera(video: HTMLVideoElement, onText: (text: string) => void): Promise<Camera> {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: false,
    video: { facingMode: "environment", width: { ideal: 1920 }, height: { ideal: 1080 } },
  });
  let isOpen = true;
  const stop = () => {
    isOpen = false;
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  };
  const look = () => {
    if (!isOpen) return;
    const text = video.videoWidth > 0 ? readFrame(video) : undefined;
    if (text === undefined) return void requestAnimationFrame(look);
    stop();
    onText(text);
  };
  video.srcObject = stream;
  await video.play().catch(() => undefined);
  requestAnimationFrame(look);
  return { stop };
}

function readFrame(video: HTMLVideoElement): string | undefined {
  return decode(draw(video, video.videoWidth, video.videoHeight, frameSide), 60);
}

const canvas = document.createElement("canvas");

function draw(source: CanvasImageSource, width: number, height: number, side: number): ImageData | undefined {
  const scale = Math.min(1, side / Math.max(width, height));
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) return undefined;
  // A picture may be transparent where the code is light.
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

/** Undefined when there is no QR code; looking longer is allowed `timeLimit` milliseconds. */
function decode(image: ImageData | undefined, timeLimit: number): string | undefined {
  try {
    return image && decodeQR(image, { timeLimit });
  } catch {
    return undefined;
  }
}
