// The table of every list: sorting, filtering, arrow keys, and only the rows in view in the page.
import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { key as keyOf } from "../core/collection.js";
import { Part } from "./element.js";

const ROW = 34;
const WINDOW_FROM = 150;
const MARGIN = 20;

/**
 * columns: [{label, value(row) for sorting and filtering, cell(row) for show, num, priority}].
 * Priority 2 columns hide under 900 px, priority 3 under 1300 px. Rows have one height.
 */
class DataTable extends Part {
  static properties = {
    columns: { attribute: false },
    rows: { attribute: false },
    key: { attribute: false },
    filter: {},
    label: {},
    nothing: {},
    sort: { state: true },
    top: { state: true },
  };

  constructor() {
    super();
    this.columns = [];
    this.rows = [];
    this.filter = "";
    this.label = "";
    this.nothing = "Nothing here.";
    this.sort = null;
    this.top = 0;
    this.key = keyOf;
    this.rowHeight = ROW;
    this.scrolled = () => {
      if (this.rows.length < WINDOW_FROM) return;
      const above = Math.max(0, -this.getBoundingClientRect().top);
      this.measure();
      const top = Math.floor(above / this.rowHeight / 10) * 10;
      if (top !== this.top) this.top = top;
    };
  }

  connectedCallback() {
    super.connectedCallback();
    document.addEventListener("scroll", this.scrolled, { capture: true, passive: true });
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    document.removeEventListener("scroll", this.scrolled, { capture: true });
  }

  /** Rows are higher where the type is larger. */
  measure() {
    const height = this.querySelector("tbody tr:not(.pad)")?.offsetHeight;
    if (height) this.rowHeight = height;
  }

  shown() {
    let rows = this.rows;
    const words = this.filter.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length) {
      rows = rows.filter((row) => {
        const text = this.columns.map((c) => c.value?.(row) ?? "").join(" ").toLowerCase();
        return words.every((word) => text.includes(word));
      });
    }
    const { at, down } = this.sort ?? { at: 0, down: false };
    const value = this.columns[at]?.value;
    if (!value) return rows;
    return [...rows].sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      const order = typeof x === "number" && typeof y === "number" ? x - y
        : String(x ?? "").localeCompare(String(y ?? ""), undefined, { numeric: true });
      return down ? -order : order;
    });
  }

  sortBy(at) {
    this.sort = { at, down: this.sort?.at === at ? !this.sort.down : false };
  }

  move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 }[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = event.target.closest("tr");
    let next = row?.parentElement.tagName === "TBODY"
      ? (step > 0 ? row.nextElementSibling : row.previousElementSibling)
      : this.querySelector("tbody tr");
    const link = next?.querySelector("a, button");
    if (link) {
      event.preventDefault();
      link.focus();
    }
  }

  render() {
    const rows = this.shown();
    if (!rows.length) {
      const why = this.rows.length ? `Nothing matches “${this.filter}”.` : this.nothing;
      return html`<div class="empty"><p>${why}</p></div>`;
    }
    const windowed = rows.length >= WINDOW_FROM;
    const first = windowed ? Math.max(0, Math.min(this.top, rows.length - 1) - MARGIN) : 0;
    const count = windowed ? Math.ceil(innerHeight / this.rowHeight) + 2 * MARGIN + 10 : rows.length;
    const visible = rows.slice(first, first + count);
    const sort = this.sort ?? { at: 0, down: false };
    const pad = (height) => height > 0
      ? html`<tr class="pad" aria-hidden="true"><td colspan=${this.columns.length}
          .style=${`height: ${height}px`}></td></tr>` : nothing;
    return html`<div class="scroller"><table class="data" aria-label=${this.label}
        aria-rowcount=${rows.length + 1} @keydown=${this.move}>
      <thead><tr>${this.columns.map((c, at) => html`<th scope="col" class=${classes(c)}
        aria-sort=${c.value && at === sort.at ? (sort.down ? "descending" : "ascending") : nothing}>
        ${c.value ? html`<button @click=${() => this.sortBy(at)}>${c.label}<span class="arrow"
          aria-hidden="true">${at === sort.at ? (sort.down ? "↓" : "↑") : ""}</span></button>`
          : c.label || html`<span class="hidden">Actions</span>`}</th>`)}</tr></thead>
      <tbody>${pad(first * this.rowHeight)}${repeat(visible, this.key, (row) => html`<tr>${this.columns.map((c) =>
        html`<td class=${classes(c)}>${c.cell ? c.cell(row) : c.value(row)}</td>`)}</tr>`)}
        ${pad((rows.length - first - visible.length) * this.rowHeight)}</tbody></table></div>`;
  }
}

const classes = (c) =>
  `${c.num ? "num" : ""} ${c.priority ? `p${c.priority}` : ""} ${c.grow ? "grow" : ""}`.trim();

customElements.define("data-table", DataTable);
