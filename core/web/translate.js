// Told its base, the front end does not search for it below every deep link (two 404s each).
window.__streamlit = { BACKEND_BASE_URL: location.origin };
window.prerenderReady = false;
(() => {
  const words = __WORDS__;
  const patterns = __PATTERNS__.map(([pattern, text]) => [new RegExp(pattern), text]);
  const attributes = ["placeholder", "title", "aria-label", "aria-valuetext", "alt"];
  const longest = 200;

  const translated = (text) => {
    const key = text.trim();
    if (!key || key.length > longest) return undefined;
    if (Object.hasOwn(words, key)) return text.replace(key, words[key]);
    for (const [pattern, answer] of patterns) {
      if (pattern.test(key)) return key.replace(pattern, answer);
    }
    return undefined;
  };

  // What the portal or a person wrote is never touched; Streamlit's own words inside dialogs are.
  const ours = (node) => {
    const parent = node.parentElement;
    if (!parent || !parent.closest("[data-testid=stMarkdownContainer],[data-testid=stHtml],[data-testid=stText],[data-testid=stCode],textarea,input")) return false;
    return !parent.closest("[data-testid=stDialog],[data-testid=InputInstructions],[data-testid=stFileUploaderDropzone]");
  };

  const visit = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      if (ours(node)) return;
      const text = translated(node.nodeValue);
      if (text !== undefined && text !== node.nodeValue) node.nodeValue = text;
    } else if (node.nodeType === Node.ELEMENT_NODE) {
      for (const name of attributes) {
        const value = node.getAttribute(name);
        const text = value ? translated(value) : undefined;
        if (text !== undefined && text !== value) node.setAttribute(name, text);
      }
      node.childNodes.forEach(visit);
    }
  };

  new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.type === "childList") change.addedNodes.forEach(visit);
      else visit(change.target);
    }
  }).observe(document.documentElement, {
    subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: attributes,
  });
  document.addEventListener("DOMContentLoaded", () => visit(document.body));
})();
