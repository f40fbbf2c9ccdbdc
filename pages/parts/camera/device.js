// The browser's camera: opened, named when it cannot be, and always given back.

let chosenDevice = "";  // kept between photos, as long as the page is open

const WHY_NOT = {
  NotAllowedError: "denied", SecurityError: "denied",
  NotFoundError: "none", OverconstrainedError: "none",
  NotReadableError: "in_use", AbortError: "in_use",
};

class Device {
  constructor(video, onEnd) {
    this.video = video;
    this.onEnd = onEnd;
    this.stream = null;
    this.turn = 0;
  }

  get on() { return this.stream !== null; }

  // Opens the camera; answers "" or why it cannot be opened.
  async open() {
    this.close();
    const turn = ++this.turn;
    if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) return "insecure";
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: this.wish() });
    } catch (error) {
      if (chosenDevice && WHY_NOT[error.name] === "none") { chosenDevice = ""; return this.open(); }
      return WHY_NOT[error.name] || "failed";
    }
    if (turn !== this.turn) { stop(stream); return "off"; }  // closed while somebody was asked
    this.stream = stream;
    stream.getVideoTracks()[0].addEventListener("ended", () => {
      if (this.stream === stream) { this.close(); this.onEnd(); }
    });
    this.video.srcObject = stream;
    try { await this.video.play(); } catch { /* it was closed meanwhile */ }
    return this.stream === stream ? "" : "off";
  }

  wish() {
    const size = { width: { ideal: 1280 }, height: { ideal: 720 } };
    return chosenDevice ? { ...size, deviceId: { exact: chosenDevice } } : { ...size, facingMode: "user" };
  }

  close() {
    this.turn++;
    if (this.stream) stop(this.stream);
    this.stream = null;
    this.video.srcObject = null;
  }

  // All cameras, the one in use first to be told by its id.
  async all() {
    const found = await navigator.mediaDevices.enumerateDevices();
    const inUse = this.stream?.getVideoTracks()[0]?.getSettings().deviceId;
    return found.filter(one => one.kind === "videoinput")
      .map(one => ({ id: one.deviceId, label: one.label, inUse: one.deviceId === inUse }));
  }
}

function stop(stream) { for (const track of stream.getTracks()) track.stop(); }
