// Line icons, 16 × 16, in the colour of the text.
import { svg, html } from "lit";

const shapes = {
  overview: svg`<path d="M2.5 8.5 8 3l5.5 5.5M4 7.5V13h8V7.5"/>`,
  nodes: svg`<rect x="2.5" y="3" width="11" height="4" rx="1"/><rect x="2.5" y="9" width="11" height="4" rx="1"/><path d="M5 5h.01M5 11h.01"/>`,
  workloads: svg`<path d="m8 2 5.5 3L8 8 2.5 5zM2.5 8 8 11l5.5-3M2.5 11 8 14l5.5-3"/>`,
  pods: svg`<path d="m8 2 5 3v6l-5 3-5-3V5zM3 5l5 3 5-3M8 8v6"/>`,
  logs: svg`<path d="M3 3.5h10M3 6.5h7M3 9.5h10M3 12.5h5"/>`,
  network: svg`<circle cx="8" cy="3.5" r="1.5"/><circle cx="3.5" cy="12.5" r="1.5"/><circle cx="12.5" cy="12.5" r="1.5"/><path d="M8 5v3M8 8l-3.6 3.2M8 8l3.6 3.2"/>`,
  config: svg`<path d="M3 4h5M12 4h1M3 8h1M8 8h5M3 12h6M13 12h0"/><circle cx="10" cy="4" r="1.6"/><circle cx="6" cy="8" r="1.6"/><circle cx="11" cy="12" r="1.6"/>`,
  storage: svg`<ellipse cx="8" cy="4" rx="5" ry="2"/><path d="M3 4v8c0 1.1 2.2 2 5 2s5-.9 5-2V4M3 8c0 1.1 2.2 2 5 2s5-.9 5-2"/>`,
  events: svg`<path d="M2 8h3l2-5 3 10 2-5h2"/>`,
  browse: svg`<circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 3 3"/>`,
  flow: svg`<circle cx="3.5" cy="8" r="1.5"/><circle cx="12.5" cy="4" r="1.5"/><circle cx="12.5" cy="12" r="1.5"/><path d="M5 8c3 0 3-4 6-4M5 8c3 0 3 4 6 4"/>`,
  search: svg`<circle cx="7" cy="7" r="4"/><path d="m10 10 3.5 3.5"/>`,
  plus: svg`<path d="M8 3v10M3 8h10"/>`,
  sun: svg`<circle cx="8" cy="8" r="3"/><path d="M8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M3.4 12.6l.7-.7M11.9 4.1l.7-.7"/>`,
  moon: svg`<path d="M13 9.5A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.5z"/>`,
  auto: svg`<circle cx="8" cy="8" r="5.5"/><path d="M8 2.5v11A5.5 5.5 0 0 0 8 2.5z" fill="currentColor"/>`,
  menu: svg`<path d="M2.5 4.5h11M2.5 8h11M2.5 11.5h11"/>`,
  out: svg`<path d="M6 2.5H3.5v11H6M6.5 8h7M11 5l3 3-3 3"/>`,
  close: svg`<path d="m4 4 8 8M12 4l-8 8"/>`,
  scale: svg`<path d="M2.5 13.5v-4M2.5 13.5h4M13.5 2.5v4M13.5 2.5h-4M2.5 13.5l4.5-4.5M13.5 2.5 9 7"/>`,
  restart: svg`<path d="M13 8a5 5 0 1 1-1.5-3.6M13 2v3h-3"/>`,
  back: svg`<path d="M3 6h6a4 4 0 0 1 0 8H6M5.5 3 2.5 6l3 3"/>`,
  trash: svg`<path d="M3 4.5h10M6 4.5V3h4v1.5M4.5 4.5l.5 9h6l.5-9M6.8 7v4M9.2 7v4"/>`,
  download: svg`<path d="M8 2.5v8M5 7.5l3 3 3-3M3 13.5h10"/>`,
  eye: svg`<path d="M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8z"/><circle cx="8" cy="8" r="2"/>`,
  copy: svg`<rect x="5.5" y="5.5" width="8" height="8" rx="1"/><path d="M3.5 10.5h-1v-8h8v1"/>`,
  warn: svg`<path d="M8 2 14.5 13.5h-13zM8 6.5v3.5M8 11.8h.01"/>`,
  check: svg`<path d="m3 8.5 3.5 3.5L13 4.5"/>`,
  pause: svg`<path d="M5.5 3.5v9M10.5 3.5v9"/>`,
  play: svg`<path d="m5 3 8 5-8 5z"/>`,
  up: svg`<path d="m4 10 4-4 4 4"/>`,
  down: svg`<path d="m4 6 4 4 4-4"/>`,
  terminal: svg`<rect x="1.5" y="3" width="13" height="10" rx="1"/><path d="m4 6 2.5 2L4 10M8 10.5h4"/>`,
};

export const icon = (name) => html`<svg class="icon" viewBox="0 0 16 16" width="16" height="16"
  fill="none" stroke="currentColor" stroke-width="1.4" stroke-linecap="round"
  stroke-linejoin="round" aria-hidden="true">${shapes[name]}</svg>`;

export const logo = () => html`<svg class="logo" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
  <rect width="32" height="32" rx="8" fill="#0b6b74"></rect>
  <path d="M5 14h22c0 7-5 11-11 11S5 21 5 14z" fill="#fff"></path>
  <path d="M9 14c0 5 3 8 7 8s7-3 7-8" fill="none" stroke="#0b6b74" stroke-width="1.6"></path>
  <path d="M23 6 12 17" stroke="#bfe6e4" stroke-width="2.4" stroke-linecap="round"></path></svg>`;
