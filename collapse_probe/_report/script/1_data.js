// Reads what the page carries: JSON whose arrays are deflated, byte planes first (see _pack.py).
const ARRAY = "\u0001";
const words = JSON.parse(document.getElementById("words").textContent);
const language = document.documentElement.lang;

function say(text, values) {
  const said = Object.hasOwn(words, text) ? words[text] : text;
  return said.replace(/\{(\w+)\}/g, (whole, name) => values && Object.hasOwn(values, name) ? values[name] : whole);
}

function count(number) {
  return number.toLocaleString("en", { maximumSignificantDigits: Math.abs(number) < 1e4 && number % 1 ? 4 : 15 });
}

// Figures read a little HTML, and formulas between dollars; this text is to stay as it is.
function plain(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/\u0024/g, "&#36;");
}

async function unpack(text) {
  const packed = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const buffer = await new Response(stream).arrayBuffer();
  const bytes = new Uint8Array(buffer), size = new DataView(buffer).getUint32(0, true);
  let place = 4 + size;

  function array([kind, rows, columns]) {
    const length = Math.abs(rows) * columns, width = kind === "d" ? 8 : 4;
    const joined = new Uint8Array(length * width);
    for (let plane = 0; plane < width; plane++) {
      for (let index = 0; index < length; index++) joined[index * width + plane] = bytes[place++];
    }
    const values = new (kind === "d" ? Float64Array : kind === "i" ? Int32Array : Float32Array)(joined.buffer);
    if (kind === "i") {
      const sums = new Float64Array(length);
      let sum = 0;
      for (let index = 0; index < length; index++) sums[index] = sum += values[index];
      return sums;
    }
    if (rows < 0) return values;
    return Array.from({ length: rows }, (_, row) => values.subarray(row * columns, (row + 1) * columns));
  }

  function filled(item) {
    if (Array.isArray(item)) return item.map(filled);
    if (item === null || typeof item !== "object") return item;
    if (Object.hasOwn(item, ARRAY)) return array(item[ARRAY]);
    for (const name of Object.keys(item)) item[name] = filled(item[name]);
    return item;
  }
  return filled(JSON.parse(new TextDecoder().decode(bytes.subarray(4, place))));
}

// The data of a run, unpacked once, when first asked for: on this page, or in a file beside it.
const unpacked = new Map();
function dataOf(anchor) {
  if (!unpacked.has(anchor)) {
    const found = packedOf(anchor).then(unpack);
    found.catch(() => unpacked.delete(anchor));
    unpacked.set(anchor, found);
  }
  return unpacked.get(anchor);
}

// A page from a disk may not fetch; it may load a script.
function packedOf(anchor) {
  const here = document.getElementById(anchor + "-data");
  if (here) return Promise.resolve(here.textContent);
  const source = document.querySelector("[data-anchor='" + anchor + "']").dataset.source;
  return new Promise(function (found, missing) {
    const script = document.createElement("script");
    script.src = source;
    script.onload = () => found(window.collapseProbe[anchor]);
    script.onerror = () => missing(new Error(source));
    document.head.append(script);
  });
}
