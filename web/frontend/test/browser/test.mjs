// Stands in for node:test in a browser: runs what the files declare, and keeps what fails.

const waiting = [];
let inside = [];

export const results = { passed: 0, failed: [] };

export function test(name, options, body = options) {
  if (typeof options === "object" && options.skip) return;
  waiting.push({ name: [...inside, name].join(" > "), body });
}

export function describe(name, body) {
  const outside = inside;
  inside = [...inside, name];
  body();
  inside = outside;
}

export async function run() {
  for (const { name, body } of waiting) {
    try {
      await body();
      results.passed += 1;
    } catch (error) {
      results.failed.push(`${name}: ${error.message}`);
    }
  }
  return results;
}
