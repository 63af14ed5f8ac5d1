/** The camera or a picture, as text: by the browser's own reader of codes, or by a small library where it has none. */

import { decodeQR } from "qr/decode.js";

interface Detector {
  detect(source: CanvasImageSource): Promise<readonly { readonly rawValue: string }[]>;
}

declare global {
  interface Window {
    BarcodeDetector?: { new (options: { formats: string[] }): Detector; getSupportedFormats(): Promise<string[]> };
  }
}

const PAUSE = 200; // milliseconds between looks
const WIDEST = 1600; // pixels: a code fills much of the picture, and a large one takes long

async function detector(): Promise<Detector | null> {
  const Native = window.BarcodeDetector;
  if (Native === undefined) return null;
  try {
    return (await Native.getSupportedFormats()).includes("qr_code") ? new Native({ formats: ["qr_code"] }) : null;
  } catch {
    return null;
  }
}

/** The text of the code in this picture, or null when there is none. */
async function read(
  source: CanvasImageSource,
  width: number,
  height: number,
  native: Detector | null,
): Promise<string | null> {
  if (width === 0 || height === 0) return null;
  const found = native === null ? [] : await native.detect(source).catch(() => []);
  if (found.length > 0) return found[0].rawValue;
  const scale = Math.min(1, WIDEST / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) return null;
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  try {
    return decodeQR(context.getImageData(0, 0, canvas.width, canvas.height));
  } catch {
    return null; // no code in it, or not to be read
  }
}

export async function readPicture(file: Blob): Promise<string | null> {
  const picture = await createImageBitmap(file);
  try {
    return await read(picture, picture.width, picture.height, await detector());
  } finally {
    picture.close();
  }
}

/** Look through the camera until there is a code; `stop` ends it. Throws when there is no camera, or it is not allowed. */
export async function watch(video: HTMLVideoElement, stop: AbortSignal): Promise<string | null> {
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { facingMode: "environment", width: { ideal: 1280 } },
  });
  try {
    video.srcObject = stream;
    await video.play();
    const native = await detector();
    while (!stop.aborted) {
      const text = await read(video, video.videoWidth, video.videoHeight, native);
      if (text !== null) return text;
      await new Promise((done) => window.setTimeout(done, PAUSE));
    }
    return null;
  } finally {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  }
}
