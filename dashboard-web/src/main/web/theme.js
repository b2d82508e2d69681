// Runs before everything else: a chosen theme never flashes, and a page of which a part did not come
// (the network changed meanwhile) is loaded again, a dozen times.
{
  const chosen = localStorage.getItem("coracle.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  const tries = Number(sessionStorage.getItem("coracle.tries") ?? 0);
  let missing = false;
  const again = (event) => {
    if (missing || tries >= 12 || !/^(SCRIPT|LINK)$/.test(event.target.tagName)) return;
    missing = true;
    sessionStorage.setItem("coracle.tries", String(tries + 1));
    setTimeout(() => location.reload(), Math.min(2000, 100 * 2 ** tries));
  };
  addEventListener("error", again, true);
  addEventListener("load", () => {
    removeEventListener("error", again, true);
    if (!missing) sessionStorage.removeItem("coracle.tries");
  });
}
