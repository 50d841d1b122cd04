/** Our own icons: strokes on a grid of 16, in the colour of the text beside them. */

const PATHS = {
  agent: 'M2.5 3.5h11v9h-11zM2.5 6h11M4.5 4.8h.01M6.3 4.8h.01',
  alert: 'M8 2.5l6 10.8H2zM8 6.5v3.2M8 11.4v.1',
  back: 'M9.8 3.5L5.2 8l4.6 4.5',
  check: 'M3.2 8.4l3.2 3.2 6.4-7',
  clock: 'M8 2.2a5.8 5.8 0 100 11.6A5.8 5.8 0 008 2.2zM8 5v3.2l2.2 1.4',
  close: 'M4 4l8 8M12 4l-8 8',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.500v-3h-8v8h3',
  down: 'M4 6.2l4 4 4-4',
  download: 'M8 2.500v7.500M4.8 7.200L8 10.400l3.2-3.200M2.8 13.300h10.4',
  file: 'M4 1.800h5l3 3v9.400H4zM9 1.800v3h3',
  film: 'M2.3 3.500h11.400v9H2.300zM6.7 6v4l3.3-2z',
  forward: 'M6.2 3.500L10.8 8l-4.6 4.5',
  globe: 'M8 2.2a5.8 5.8 0 100 11.6A5.8 5.8 0 008 2.200zM2.3 8h11.400M8 2.200c2 1.6 2.6 3.6 2.6 5.800S10 12.2 8 13.800C6 12.2 5.4 10.2 5.4 8S6 3.8 8 2.200z',
  grid: 'M2.5 2.500h4.500v4.500H2.500zM9 2.500h4.500v4.500H9zM2.5 9h4.500v4.500H2.500zM9 9h4.500v4.500H9z',
  hand: 'M5 8V4.100a1 1 0 012 0V7.500M7 7V3a1 1 0 012 0v4.300M9 7.300V3.900a1 1 0 012 0v5.300c0 3-1.5 4.6-3.8 4.6-2.2 0-3-1-3.9-2.700L2.2 9a1 1 0 011.7-1L5 9.7',
  help: 'M8 2.200a5.8 5.8 0 100 11.600A5.8 5.8 0 008 2.200zM6.3 6.300c.1-2.2 3.5-2.2 3.5 0 0 1.3-1.8 1.4-1.8 2.800M8 11.300v.1',
  keyboard: 'M1.8 4.200h12.400v7.600H1.800zM4.3 6.700h.01M6.8 6.700h.01M9.2 6.700h.01M11.7 6.700h.01M5 9.400h6',
  list: 'M2.5 4h11M2.5 8h11M2.5 12h11',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  picture: 'M2.3 3.200h11.400v9.600H2.300zM2.5 11l3.3-3.3 2.7 2.6 1.7-1.6 3.3 3M10.6 6h.01',
  play: 'M5 3.200v9.600l7.5-4.800z',
  plus: 'M8 3v10M3 8h10',
  reload: 'M13 8a5 5 0 11-1.6-3.700M13.2 2.200v3h-3',
  search: 'M7 2.500a4.5 4.5 0 100 9 4.5 4.5 0 000-9zM10.3 10.300l3.2 3.2',
  share: 'M9.3 2.500h4.200v4.200M13.3 2.700L7.5 8.500M11.5 9.300v4.200h-9v-9h4.2',
  stop: 'M4 4h8v8H4z',
  terminal: 'M2 3h12v10H2zM4.5 6l2 2-2 2M8.3 10.200h3',
};

const SVG = 'http://www.w3.org/2000/svg';

/**
 * Draw an icon; it says nothing by itself, so whatever it is in has words or a label.
 * @param {keyof typeof PATHS} name
 * @returns {SVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg;
}
