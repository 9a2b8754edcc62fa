/** A user of a registry with passwords, and the file by which distribution knows them. */
export const USER = 'builder';
export const PASSWORD = 'correct horse battery';
/** bcrypt of the password. */
export const HTPASSWD = `${USER}:$2y$05$abcdefghijklmnopqrstuuD3mHdCr44zlIZ.VZCaYRpfQhXMYnEo.\n`;
