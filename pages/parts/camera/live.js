// The live camera: frames to the socket, the best one kept, taken by hand or when it is steady.

const KEEP_MS = 2500, STEADY_MS = 900, STEADY_FRAMES = 4, AFTER_DISCARD_MS = 4000;
const FRAME_QUALITY = 0.85, SHOT_QUALITY = 0.95;
const lives = new WeakMap();

export default function (component) {
  const root = component.parentElement;
  let live = lives.get(root);
  if (!live) lives.set(root, live = new Live(root));
  live.update(component.data, component.setTriggerValue);
  return () => { live.end(); lives.delete(root); };
}

class Live {
  constructor(root) {
    this.root = root;
    this.view = new View(root);
    this.device = new Device(this.view.video, () => this.stop("ended"));
    this.now = sheet(); this.small = sheet();
    this.best = null;  // { sheet, overall, at }
    this.run = 0;
    this.view.toggle.onclick = () => (this.device.on ? this.stop("stopped") : this.start());
    this.view.shot.onclick = () => this.take();
    this.view.device.onchange = event => { chosenDevice = event.target.value; this.start(); };
    this.heard = new AbortController();
    const how = { signal: this.heard.signal };
    document.addEventListener("keydown", event => this.key(event), how);
    document.addEventListener("visibilitychange", () => this.seen(), how);
    this.watch = setInterval(() => this.seen(), 500);  // a folded part of the page says nothing
    window.addEventListener("pagehide", () => this.stop("stopped"), how);
  }

  update(data, setTriggerValue) {
    const first = !this.data, before = this.data || {};
    this.data = data; this.trigger = setTriggerValue;
    if (before.ticket !== data.ticket) this.ticketAt = performance.now();
    if (JSON.stringify(before.text) !== JSON.stringify(data.text)) this.view.label(data.text, data.items);
    this.view.toggle.textContent = this.device.on ? data.text.stop : data.text.start;
    if (first) {
      this.link = new Link(data.path, () => this.greeting(), () => this.trigger("renew", Date.now()),
                           state => this.linked(state));
      this.armedAt = performance.now() + (data.again ? AFTER_DISCARD_MS : 0);
      if (data.start) this.start(); else this.view.warn("stopped");
    } else if (before.level !== data.level) {
      this.forget();
      this.link.tell(this.wanted());
    }
  }

  end() { this.heard.abort(); clearInterval(this.watch); this.stop(""); }

  async start() {
    this.stop("");
    this.resume = false;
    this.view.warn("starting");
    const run = ++this.run, trouble = await this.device.open();
    if (run !== this.run) return;
    this.view.warn(trouble === "off" ? "stopped" : trouble);
    this.view.toggle.textContent = this.device.on ? this.data.text.stop : this.data.text.start;
    if (!this.device.on) return;
    this.view.shot.disabled = false;
    this.view.stage.style.aspectRatio = `${this.view.video.videoWidth} / ${this.view.video.videoHeight}`;
    if (!isTyping(deepFocus())) this.view.shot.focus({ preventScroll: true });
    this.link.open();
    this.view.offer(await this.device.all());
    this.loop(run);
  }

  stop(why) {
    this.run++;
    this.device.close();
    this.link?.close();
    this.forget();
    this.view.clear();
    this.view.shot.disabled = true;
    this.view.warn(why);
    if (this.data) this.view.toggle.textContent = this.data.text.start;
  }

  // What nobody can see gives the camera back; it goes on when somebody looks again.
  seen() {
    const hidden = document.hidden || this.view.stage.checkVisibility?.() === false;
    if (hidden && this.device.on) { this.stop("stopped"); this.resume = true; }
    else if (!hidden && this.resume) this.start();
  }

  wanted() {
    const { videoWidth, videoHeight } = this.view.video;
    return { fiqa_level: this.data.level, camera_width: videoWidth, camera_height: videoHeight };
  }

  greeting() {
    return { message: { ...this.wanted(), ticket: this.data.ticket }, age: performance.now() - this.ticketAt };
  }

  linked(state) {
    this.view.stage.dataset.link = state;
    if (state === "ready") { this.side = this.link.limits.side; this.wide = this.view.video.videoWidth; }
    else if (this.device.on) { this.view.mark({}); this.view.overlay.width = 1; this.view.note(state); }
  }

  async loop(run) {
    let start = 0, pace = 0;
    while (run === this.run) {
      const gap = 1000 / this.link.limits.fps - (performance.now() - start);
      await sleep(this.link.ready ? Math.max(0, gap) : 100);
      if (run !== this.run || !this.link.ready || !this.view.video.videoWidth) continue;
      const last = start;
      start = performance.now();
      if (this.wide !== this.view.video.videoWidth) { this.wide = this.view.video.videoWidth; this.link.tell(this.wanted()); }
      const frame = await this.grab();
      const answer = run === this.run ? await this.link.ask(frame) : null;
      if (run !== this.run || !answer) continue;
      if (answer.error) { this.view.note(answer.error.code === 50300 ? "loading" : "lost"); await sleep(500); continue; }
      this.view.stage.dataset.trip = Math.round(performance.now() - start);
      this.use(answer, start);
      pace = last && start - last < 2000 ? pace + 0.1 * (start - last - pace) || start - last : pace;
      this.view.speed.textContent = pace ? `${(1000 / pace).toFixed(0)} fps` : "";
      this.view.stage.dataset.frames = 1 + Number(this.view.stage.dataset.frames || 0);
    }
  }

  // The whole picture is kept until its answer is there; a small copy goes to the socket.
  async grab() {
    const { videoWidth: width, videoHeight: height } = this.view.video;
    paint(this.now, this.view.video, width, height);
    const zoom = Math.min(1, this.side / Math.max(width, height));
    paint(this.small, this.now, Math.round(width * zoom), Math.round(height * zoom));
    return blob(this.small, FRAME_QUALITY);
  }

  use(answer, at) {
    this.side = answer.side;
    this.view.draw(answer);
    this.view.mark(answer.items);
    this.keep(answer, at);
    const steady = this.steady(answer, at);
    this.view.say(answer.advice, answer.passed, this.data.auto ? steady : 0, at);
    if (steady >= 1 && this.data.auto) this.take();
  }

  // The best of the last seconds stays; a face that begins to pass starts a new choice.
  keep(answer, at) {
    if (this.best && (at - this.best.at > KEEP_MS || (answer.passed && !this.since))) this.best = null;
    if (!answer.faces.length || (this.best && answer.overall <= this.best.overall)) return;
    const spare = this.best?.sheet || sheet();
    this.best = { sheet: this.now, overall: answer.overall, at };
    this.now = spare;
  }

  // How far it is until the photo takes itself, 0..1.
  steady(answer, at) {
    if (!answer.passed || this.data.level === "no" || at < this.armedAt) { this.since = 0; this.count = 0; return 0; }
    this.since ||= at;
    this.count++;
    return Math.min((at - this.since) / STEADY_MS, this.count / STEADY_FRAMES, 1);
  }

  forget() { this.best = null; this.since = 0; this.count = 0; }

  async take() {
    if (!this.device.on || this.taking) return;
    this.taking = true;
    const kept = this.best && performance.now() - this.best.at < KEEP_MS ? this.best.sheet : null;
    const whole = kept || sheet();
    if (!kept) paint(whole, this.view.video, this.view.video.videoWidth, this.view.video.videoHeight);
    this.run++;  // no more frames
    this.view.freeze(whole);
    this.view.shot.disabled = this.view.toggle.disabled = true;
    this.device.close();
    this.link.close();
    this.trigger("shot", await dataUrl(await blob(whole, SHOT_QUALITY)));
  }

  key(event) {
    if (event.key !== " " || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
    if (!this.device.on || isTyping(event.composedPath()[0]) || isBusy(event.composedPath()[0])) return;
    event.preventDefault();
    this.take();
  }
}

const sleep = time => new Promise(resolve => setTimeout(resolve, time));
const sheet = () => document.createElement("canvas");
const blob = (canvas, quality) => new Promise(resolve => canvas.toBlob(resolve, "image/jpeg", quality));

function paint(canvas, picture, width, height) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const pen = canvas.getContext("2d", { alpha: false });
  pen.imageSmoothingQuality = "high";
  pen.drawImage(picture, 0, 0, width, height);
}

function dataUrl(data) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = reject;
    reader.readAsDataURL(data);
  });
}
