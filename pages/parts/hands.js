// What hands can do beyond Streamlit's widgets: paste a photo, click a face in the picture, find
// while typing. Each only does what one of the widgets on the page does too.

const TYPING_MS = 250;

export default function () {
  const ends = new AbortController();
  const { signal } = ends;
  let waiting = 0;
  document.addEventListener("paste", pastePhoto, { signal });
  document.addEventListener("click", chooseFace, { signal });
  document.addEventListener("input", (event) => {
    if (!event.target.closest("[class*=st-key-live_]")) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => enter(event.target), TYPING_MS);
  }, { signal });
  document.documentElement.dataset.hands = "ready";
  return () => {
    clearTimeout(waiting);
    ends.abort();
    delete document.documentElement.dataset.hands;
  };
}

// A pasted picture goes where a chosen file goes.
function pastePhoto(event) {
  const photo = [...event.clipboardData.files].find((file) => file.type.startsWith("image/"));
  const input = document.querySelector("[class*=_upload_] input[type=file]");
  if (!photo || !input || input.disabled) return;
  event.preventDefault();
  const files = new DataTransfer();
  files.items.add(photo);
  input.files = files.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

// A click into a face's box presses the button with its number.
function chooseFace(event) {
  const stage = event.target.closest("img") && event.target.closest("[class*=st-key-picture_]");
  const boxes = stage?.querySelector("[data-boxes]");
  if (!boxes) return;
  const [x, y] = place(event);
  const inside = JSON.parse(boxes.dataset.boxes)
    .map(([left, top, right, bottom], index) => ({
      index, area: (right - left) * (bottom - top),
      hit: left <= x && x <= right && top <= y && y <= bottom,
    }))
    .filter((face) => face.hit)
    .sort((a, b) => a.area - b.area);
  const buttons = stage.querySelectorAll("[class*=_face] [data-testid=stButtonGroup] button");
  if (inside.length) buttons[inside[0].index]?.click();
}

// Where in the picture a click fell, 0 to 1 each; the picture may be narrower than its element.
function place({ target, clientX, clientY }) {
  const frame = target.getBoundingClientRect();
  const scale = Math.min(frame.width / target.naturalWidth, frame.height / target.naturalHeight);
  const width = target.naturalWidth * scale;
  const height = target.naturalHeight * scale;
  return [
    (clientX - frame.left - (frame.width - width) / 2) / width,
    (clientY - frame.top - (frame.height - height) / 2) / height,
  ];
}

function enter(input) {
  input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", code: "Enter", bubbles: true }));
}
