// What is drawn over the picture and beside it.

const SIGNS = { pass: "✔", fail: "✘", advice: "!", not_assessed: "–" };
const PASS = "#4cc38a", FAIL = "#ff8a75", OTHER = "#c8d2d6";

class View {
  constructor(root) {
    const one = name => root.querySelector(name);
    this.stage = one(".stage"); this.video = one("video"); this.overlay = one(".overlay");
    this.advice = one(".advice"); this.trouble = one(".trouble"); this.items = one(".items");
    this.shot = one(".shot"); this.toggle = one(".toggle"); this.device = one(".device");
    this.speed = one(".speed");
    this.saidAt = -Infinity;
  }

  // Labels in the reader's language; items are [name, label] in a fixed order, so nothing jumps.
  label(text, items) {
    this.text = text;
    this.shot.querySelector("span").textContent = text.take;
    this.shot.querySelector("kbd").textContent = text.space;
    this.device.setAttribute("aria-label", text.device);
    this.items.setAttribute("aria-label", text.items);
    this.overlay.parentElement.setAttribute("aria-label", text.label);
    this.overlay.parentElement.setAttribute("role", "group");
    this.items.replaceChildren(...items.map(([name, said]) => {
      const row = document.createElement("li");
      row.dataset.item = name;
      row.append(document.createElement("b"), said);
      return row;
    }));
    this.mark({});
  }

  // The verdict of each item; without one it reads as not assessed.
  mark(verdicts) {
    for (const row of this.items.children) {
      const verdict = verdicts[row.dataset.item] || "not_assessed";
      if (row.dataset.verdict === verdict) continue;
      row.dataset.verdict = verdict;
      row.className = verdict === "advice" ? "advice_" : verdict;
      row.firstChild.textContent = SIGNS[verdict];
      row.firstChild.setAttribute("aria-label", this.text.verdicts[verdict]);
      row.firstChild.setAttribute("role", "img");
    }
  }

  // One advice, held long enough to be read; `steady` 0..1 fills the line below it.
  say(name, passed, steady, now) {
    const said = this.text.advice[name] || "";
    const label = this.advice.querySelector("span");
    if (label.textContent !== said && (now - this.saidAt > 600 || this.advice.hidden)) {
      this.saidAt = now;
      label.textContent = said;
      this.advice.className = `advice ${passed ? "pass" : "fail"}`;
      this.advice.querySelector("b").textContent = passed ? SIGNS.pass : SIGNS.fail;
    }
    this.advice.hidden = !said;
    this.advice.querySelector("i").style.width = `${Math.round(100 * steady)}%`;
  }

  warn(name) {
    this.trouble.hidden = !name;
    this.trouble.textContent = name ? this.text.trouble[name] || this.text.trouble.failed : "";
    if (name) this.stage.dataset.trouble = name; else delete this.stage.dataset.trouble;
  }

  // A word that does not cover the picture: the hints pause, photos can be taken all the same.
  note(name) {
    this.saidAt = -Infinity;
    this.say(name, false, 0, 0);
    this.advice.className = "advice";
    this.advice.querySelector("b").textContent = "";
  }

  // The taken picture stands still until the page has taken it over.
  freeze(sheet) {
    this.overlay.width = sheet.width; this.overlay.height = sheet.height;
    this.overlay.getContext("2d").drawImage(sheet, 0, 0);
    this.advice.hidden = true;
  }

  draw(answer) {
    const canvas = this.overlay, dots = window.devicePixelRatio || 1;
    const wide = this.stage.clientWidth, tall = this.stage.clientHeight;
    canvas.width = wide * dots; canvas.height = tall * dots;
    const pen = canvas.getContext("2d");
    pen.scale(dots, dots);
    const zoom = Math.min(wide / this.video.videoWidth, tall / this.video.videoHeight);
    const width = this.video.videoWidth * zoom, height = this.video.videoHeight * zoom;
    const left = (wide - width) / 2, top = (tall - height) / 2;
    answer.faces.forEach((face, number) => {
      const box = [left + face[0] * width, top + face[1] * height,
                   (face[2] - face[0]) * width, (face[3] - face[1]) * height];
      if (number) frame(pen, box, OTHER, 1.5, `${number + 1}`);
      else frame(pen, box, answer.passed ? PASS : FAIL, 3, mainLabel(answer));
    });
  }

  clear() {
    this.overlay.width = 1;
    this.mark({});
    this.advice.hidden = true;
    this.speed.textContent = "";
  }

  // The cameras to choose from, where there are several.
  offer(devices) {
    this.device.hidden = devices.length < 2;
    this.device.replaceChildren(...devices.map((one, number) => {
      const label = one.label || `${this.text.device} ${number + 1}`;
      return new Option(label, one.id, one.inUse, one.inUse);
    }));
  }
}

function mainLabel(answer) {
  const sign = answer.passed ? SIGNS.pass : SIGNS.fail;
  return answer.overall < 0 ? sign : `${sign} ${answer.overall}`;
}

function frame(pen, [x, y, width, height], colour, line, label) {
  pen.lineWidth = line + 2; pen.strokeStyle = "rgba(0, 0, 0, .55)";
  pen.strokeRect(x, y, width, height);
  pen.lineWidth = line; pen.strokeStyle = colour;
  pen.strokeRect(x, y, width, height);
  pen.font = "600 14px system-ui, sans-serif";
  const room = pen.measureText(label).width + 12, above = y >= 22 ? y - 22 : y;
  pen.fillStyle = colour; pen.fillRect(x - line / 2, above, room, 22);
  pen.fillStyle = "#10181b"; pen.fillText(label, x + 6 - line / 2, above + 16);
}
