/** If no port is named, the first free port of these is used. */
export const ports = { first: 4_300, last: 4_319 }
