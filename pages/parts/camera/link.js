// The socket to the examiner: one question at a time, opened again when it breaks.

const PATIENCE_MS = 10000, FIRST_PAUSE_MS = 400, LONGEST_PAUSE_MS = 5000, TICKET_MS = 240000;

class Link {
  // greet() gives the first message; renew() asks the page for a fresh ticket; onState("ready" ...).
  constructor(path, greet, renew, onState) {
    Object.assign(this, { path, greet, renew, onState, socket: null, ready: false, waiting: null });
    this.pause = FIRST_PAUSE_MS;
    this.wanted = false;
    this.limits = { fps: 10, side: 640, max_bytes: 1.5e6 };
  }

  open() {
    if (this.wanted) return;
    this.wanted = true;
    this.onState("connecting");
    this.connect();
  }

  close() {
    this.wanted = false;
    clearTimeout(this.timer);
    this.drop();
  }

  drop() {
    const socket = this.socket;
    this.socket = null;
    this.ready = false;
    socket?.close();
    this.settle(null);
  }

  connect() {
    if (!this.wanted) return;
    const { message, age } = this.greet();
    if (age > TICKET_MS) { this.renew(); return this.later("connecting"); }
    const url = new URL(this.path, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = this.socket = new WebSocket(url);
    socket.onopen = () => socket.send(JSON.stringify(message));
    socket.onmessage = event => this.hear(socket, JSON.parse(event.data));
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.drop();
      this.later("lost");
    };
  }

  later(state) {
    if (!this.wanted) return;
    this.onState(state);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), this.pause);
    this.pause = Math.min(2 * this.pause, LONGEST_PAUSE_MS);
  }

  hear(socket, answer) {
    if (this.socket !== socket) return;
    if (this.ready) return this.settle(answer);
    if (answer.error) return this.refused(answer.error.code);
    this.ready = true;
    this.pause = FIRST_PAUSE_MS;
    this.limits = answer;
    this.onState("ready");
  }

  refused(code) {
    this.drop();
    if (code === 40300) { this.wanted = false; return this.onState("refused"); }
    if (code === 40100) this.renew();
    this.later(code === 42900 ? "busy" : code === 40100 ? "connecting" : "lost");
  }

  tell(message) { if (this.ready) this.socket.send(JSON.stringify(message)); }

  // The answer to a frame; null when the link broke before it came.
  ask(frame) {
    if (!this.ready) return Promise.resolve(null);
    return new Promise(resolve => {
      const late = setTimeout(() => { this.drop(); this.later("lost"); }, PATIENCE_MS);
      this.waiting = answer => { clearTimeout(late); resolve(answer); };
      this.socket.send(frame);
    });
  }

  settle(answer) {
    const waiting = this.waiting;
    this.waiting = null;
    if (answer?.error?.code === 40100) { this.renew(); answer = null; }
    waiting?.(answer);
  }
}
