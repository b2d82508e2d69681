// CodeMirror 6 for YAML; loaded only where YAML is shown. It lives in a shadow root, so that its
// styles are adopted sheets, which a strict Content-Security-Policy allows.
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, defaultHighlightStyle, foldGutter, HighlightStyle, indentOnInput,
  syntaxHighlighting } from "@codemirror/language";
import { lintGutter, linter } from "@codemirror/lint";
import { highlightSelectionMatches, openSearchPanel, search, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { parseDocument, parseAllDocuments, stringify } from "yaml";

export const toYaml = (object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false });

/** One object; throws with the parser's words and line. */
export function fromYaml(text) {
  const document = parseDocument(text);
  if (document.errors.length) throw new Error(document.errors[0].message);
  return document.toJS();
}

/** Every object of a stream of documents, those of Lists one by one. */
export function allFromYaml(text) {
  const objects = [];
  for (const document of parseAllDocuments(text)) {
    if (document.errors.length) throw new Error(document.errors[0].message);
    const object = document.toJS();
    if (!object) continue;
    if (object.kind === "List") objects.push(...(object.items ?? []));
    else objects.push(object);
  }
  return objects;
}

const problems = linter((view) => parseAllDocuments(view.state.doc.toString())
  .flatMap((document) => document.errors.map((error) => ({
    from: Math.min(error.pos[0], view.state.doc.length),
    to: Math.min(Math.max(error.pos[1], error.pos[0]), view.state.doc.length),
    severity: "error",
    message: error.message.split("\n")[0],
  }))));

const look = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--surface)", fontSize: "12.5px", height: "100%" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" },
  ".cm-gutters": { backgroundColor: "var(--surface)", color: "var(--quiet)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--hover)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  "&.cm-focused": { outline: "2px solid var(--focus)", outlineOffset: "-2px" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--select) !important",
  },
  ".cm-panels": { backgroundColor: "var(--hover)", color: "var(--ink)" },
  ".cm-tooltip": { backgroundColor: "var(--surface)", color: "var(--ink)", borderColor: "var(--line)" },
});

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--accent)" },
  { tag: tags.string, color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: "var(--code-number)" },
  { tag: [tags.comment, tags.meta], color: "var(--quiet)" },
]);

/** value: the text that was loaded; fires "change" with the present text. */
class YamlEditor extends HTMLElement {
  #view = null;
  #value = "";
  #readonly = false;

  set value(text) {
    if (text === this.#value && this.#view) return;
    this.#value = text;
    this.#rebuild();
  }

  set readonly(readonly) {
    if (readonly === this.#readonly) return;
    this.#readonly = readonly;
    if (this.#view) {
      this.#value = this.#view.state.doc.toString();
      this.#rebuild();
    }
  }

  get view() {
    return this.#view;
  }

  connectedCallback() {
    this.#rebuild();
  }

  disconnectedCallback() {
    this.#view?.destroy();
    this.#view = null;
  }

  #rebuild() {
    if (!this.isConnected) return;
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    this.#view?.destroy();
    this.#view = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: this.#value,
        extensions: [
          lineNumbers(), foldGutter(), history(), drawSelection(), indentOnInput(), bracketMatching(),
          highlightActiveLine(), highlightSelectionMatches(), search({ top: true }), yaml(),
          syntaxHighlighting(colours), syntaxHighlighting(defaultHighlightStyle, { fallback: true }),
          lintGutter(), problems, look,
          EditorState.readOnly.of(this.#readonly), EditorState.tabSize.of(2),
          EditorView.contentAttributes.of({ "aria-label": "YAML" }),
          keymap.of([...defaultKeymap, ...searchKeymap, ...historyKeymap,
            ...(this.#readonly ? [] : [indentWithTab])]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) this.#changed();
          }),
        ],
      }),
    });
    this.#view.scrollDOM.tabIndex = 0;
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new CustomEvent("change", { detail: this.#view.state.doc.toString() }));
  }

  find() {
    openSearchPanel(this.#view);
  }
}
customElements.define("yaml-editor", YamlEditor);
