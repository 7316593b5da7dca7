// Sets the scheme that somebody has chosen before anything is painted.
try {
  const { theme } = JSON.parse(localStorage.getItem(`mio-chat:${location.pathname}:theme`));
  document.documentElement.dataset.theme = theme;
} catch {
  // Nobody has.
}
