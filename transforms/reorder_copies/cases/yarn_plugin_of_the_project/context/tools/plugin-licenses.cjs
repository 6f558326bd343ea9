module.exports = { name: "plugin-licenses", factory: () => ({}) };
