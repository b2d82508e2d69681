// A time series as an area under a line, with a readout under the pointer or the arrow keys.
import { html, nothing, svg } from "lit";
import { Part } from "./element.js";

const HEIGHT = 132;
const BOTTOM = 18;
const CHARACTER = 6.3;

const time = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

/** points: [{at: ms, value}], whole: the dashed limit line, format(value) → text. */
class TimeChart extends Part {
  static properties = {
    points: { attribute: false },
    whole: { type: Number },
    format: { attribute: false },
    label: {},
    tone: {},
    width: { state: true },
    at: { state: true },
  };

  constructor() {
    super();
    this.points = [];
    this.whole = 0;
    this.format = String;
    this.label = "";
    this.tone = "a";
    this.width = 400;
    this.at = -1;
    this.sizes = new ResizeObserver(([entry]) => {
      const width = Math.round(entry.contentRect.width);
      if (width > 0) this.width = width;
    });
  }

  connectedCallback() {
    super.connectedCallback();
    this.sizes.observe(this);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.sizes.disconnect();
  }

  hover(event, x) {
    const box = event.currentTarget.getBoundingClientRect();
    const wanted = event.clientX - box.left;
    let best = -1;
    this.points.forEach((p, i) => {
      if (best < 0 || Math.abs(x(p.at) - wanted) < Math.abs(x(this.points[best].at) - wanted)) best = i;
    });
    this.at = best;
  }

  step(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const from = this.at < 0 ? this.points.length - 1 : this.at;
    this.at = Math.max(0, Math.min(this.points.length - 1, from + by));
  }

  render() {
    const points = this.points;
    if (points.length < 2) {
      return html`<div class="chart-wait dim">Measuring… the chart grows while this page is open.</div>`;
    }
    const peak = Math.max(...points.map((p) => p.value));
    const top = nice(Math.max(peak * 1.15, this.whole && peak > this.whole * 0.6 ? this.whole : 0));
    const from = points[0].at;
    const to = points.at(-1).at;
    const axis = [0, top / 2, top].map((value) => [value, value ? this.format(value).replace(".0 ", " ") : "0"]);
    const left = 10 + CHARACTER * Math.max(...axis.map(([, words]) => words.length));
    const x = (t) => left + ((t - from) / (to - from || 1)) * (this.width - left - 6);
    const y = (v) => 6 + (1 - v / top) * (HEIGHT - BOTTOM - 6);
    const line = points.map((p) => `${x(p.at).toFixed(1)},${y(p.value).toFixed(1)}`).join("L");
    const base = y(0).toFixed(1);
    const now = points[this.at] ?? points.at(-1);
    return html`<figure class="chart tone-${this.tone}">
      <figcaption><b>${this.format(now.value)}</b>
        ${this.whole ? html`<span class="dim">of ${this.format(this.whole)}</span>` : nothing}
        <span class="dim right">${this.at < 0 ? "now" : time.format(now.at)}</span></figcaption>
      <svg width=${this.width} height=${HEIGHT} tabindex="0" role="img"
        aria-label="${this.label}: ${this.format(now.value)}, highest ${this.format(peak)}"
        @pointermove=${(e) => this.hover(e, x)} @pointerleave=${() => (this.at = -1)}
        @blur=${() => (this.at = -1)} @keydown=${this.step}>
        ${axis.map(([value, words]) => svg`<line class="grid" x1=${left} x2=${this.width} y1=${y(value)}
          y2=${y(value)}></line><text x=${left - 6} y=${y(value) + 4} text-anchor="end">${words}</text>`)}
        ${this.whole && this.whole <= top ? svg`<line class="limit" x1=${left} x2=${this.width}
          y1=${y(this.whole)} y2=${y(this.whole)}></line>` : nothing}
        <path class="area" d="M${x(from).toFixed(1)},${base}L${line}L${x(to).toFixed(1)},${base}Z"></path>
        <path class="line" d="M${line}"></path>
        <circle cx=${x(now.at)} cy=${y(now.value)} r="3.5"></circle>
        <text x=${left} y=${HEIGHT - 3}>${time.format(from)}</text>
        <text x=${this.width - 6} y=${HEIGHT - 3} text-anchor="end">${time.format(to)}</text>
      </svg></figure>`;
  }
}

/** The next round number above: 1, 2, 2.5 or 5 times a power of ten (or of 1024). */
function nice(value) {
  if (value <= 0) return 1;
  const unit = value >= 1024 * 1024 ? 1024 ** Math.floor(Math.log(value) / Math.log(1024)) : 1;
  const scaled = value / unit;
  const power = 10 ** Math.floor(Math.log10(scaled));
  return [1, 2, 2.5, 5, 10].find((n) => n * power >= scaled) * power * unit;
}

customElements.define("time-chart", TimeChart);
