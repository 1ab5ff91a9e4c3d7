/** Card numbers by length, first digit (ISO/IEC 7812) and the Luhn check digit; blanks and hyphens between groups are allowed. */
export function isCardNumber(text: string): boolean {
  if (!/^[2-6]\d{3}([ -]?\d{4}){2}[ -]?\d{1,7}$|^3[47]\d{2}[ -]?\d{6}[ -]?\d{5}$/.test(text)) return false;
  const digits = text.replaceAll(/[ -]/g, '');
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** International bank account numbers by form and check digits (ISO 13616: mod 97 is 1); blanks are allowed. */
export function isIban(text: string): boolean {
  const compact = text.replaceAll(' ', '').toUpperCase();
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(compact)) return false;
  let remainder = 0;
  for (const character of compact.slice(4) + compact.slice(0, 4)) {
    for (const digit of Number.parseInt(character, 36).toString()) remainder = (remainder * 10 + Number(digit)) % 97;
  }
  return remainder === 1;
}
