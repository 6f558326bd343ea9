import ms from "ms";

document.title = `tea in ${ms(60000)}`;
