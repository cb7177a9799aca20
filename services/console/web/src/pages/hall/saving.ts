/** The wall as a picture, made in this browser alone: its elements with their styles drawn as an SVG image.
 * Addresses are of what was made here; an image runs no script. */

const NS = "http://www.w3.org/2000/svg";

/** Rules of all sheets of this page. */
function rules(): string {
  return [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules].map((rule) => rule.cssText)).join("\n");
}

/** The element as it is now; what charts painted comes along as pictures. */
function copied(element: HTMLElement): HTMLElement {
  const copy = element.cloneNode(true) as HTMLElement;
  const painted = [...element.querySelectorAll("canvas")];
  copy.querySelectorAll("canvas").forEach((canvas, i) => {
    const image = new Image();
    image.setAttribute("src", painted[i]!.toDataURL());
    image.style.cssText = canvas.style.cssText;
    canvas.replaceWith(image);
  });
  return copy;
}

function drawing(element: HTMLElement): string {
  const { width, height } = element.getBoundingClientRect();
  const svg = document.createElementNS(NS, "svg");
  const room = document.createElementNS(NS, "foreignObject");
  const around = document.createElement("div");
  const style = document.createElement("style");
  const body = getComputedStyle(document.body);
  for (const one of [svg, room]) {
    one.setAttribute("width", String(width));
    one.setAttribute("height", String(height));
  }
  svg.style.fontSize = getComputedStyle(document.documentElement).fontSize;
  around.style.fontFamily = body.fontFamily;
  style.textContent = rules();
  around.append(style, copied(element));
  room.append(around);
  svg.append(room);
  return new XMLSerializer().serializeToString(svg);
}

/** A PNG of the element in the pixels of the screen. Rejects where the browser cannot. */
export async function drawn(element: HTMLElement): Promise<Blob> {
  const image = new Image();
  image.setAttribute("src", `data:image/svg+xml;charset=utf-8,${encodeURIComponent(drawing(element))}`);
  await image.decode();
  const canvas = document.createElement("canvas");
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.round(image.width * ratio);
  canvas.height = Math.round(image.height * ratio);
  canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/png");
  });
}

/** Hands a file to the person at this screen. */
export function save(file: Blob, name: string): void {
  const link = document.createElement("a");
  const address = URL.createObjectURL(file);
  link.setAttribute("href", address);
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
