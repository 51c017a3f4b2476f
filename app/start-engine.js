// Starts the engine while the page itself is still loaded, so that both are ready sooner. The engine opens the image that
// the page's address names at once.
globalThis.isoluxThread = new Worker(new URL(`engine-thread.js${location.hash}`, document.baseURI), { type: "module" });
