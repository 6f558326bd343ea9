export default { cacheDir: "/var/cache/vite" };
