/** Where something is served when nobody says where: on the first of these ports that is free. */
export const ports = { first: 4_300, last: 4_319 }
