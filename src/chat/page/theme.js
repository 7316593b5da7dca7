// Sets the chosen colour scheme before anything is painted.
try {
  const { theme } = JSON.parse(localStorage.getItem(`mio-chat:${location.pathname}:theme`));
  document.documentElement.dataset.theme = theme;
} catch {
  // None was chosen.
}
