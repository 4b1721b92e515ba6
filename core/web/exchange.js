// After a login or logout the page leaves a mark with a one-time ticket; the browser exchanges its cookie and starts anew.
(() => {
  const MARK = "[data-xl-session]";
  const exchange = (mark) => {
    if (mark.dataset.xlDone) return;
    mark.dataset.xlDone = "1";
    const opening = mark.dataset.xlSession === "open";
    const failed = opening ? "/login?retry=1" : "/";
    fetch(opening ? "/session/open" : "/session/close", {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-Requested-With": "xinglin" },
      body: JSON.stringify({ ticket: mark.dataset.xlTicket || "" }),
    }).then((answer) => location.replace(answer.ok ? "/" : failed), () => location.replace(failed));
  };
  new MutationObserver((changes) => {
    for (const change of changes) {
      for (const node of change.addedNodes) {
        if (node.nodeType !== Node.ELEMENT_NODE) continue;
        if (node.matches(MARK)) exchange(node);
        node.querySelectorAll(MARK).forEach(exchange);
      }
    }
  }).observe(document.documentElement, { subtree: true, childList: true });
})();
