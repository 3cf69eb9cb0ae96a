// Lets the reader of a page zoom into flame graphs: click a frame, or reach it by the arrow keys and press Enter; Escape
// shows all again. A field finds functions by their names. Without it, the graphs are complete.
'use strict';
for (const svg of document.querySelectorAll('svg.flame')) {
  const full = svg.viewBox.baseVal.width, near = 0.11, make = (name, parent, attributes) => {
    const e = document.createElementNS(name === 'text' ? svg.namespaceURI : 'http://www.w3.org/1999/xhtml', name);
    for (const a in attributes) e.setAttribute(a, attributes[a]);
    parent.append(e);
    return e;
  };
  const frames = [];
  for (const group of svg.querySelectorAll('.frames')) {
    const labels = group.nextElementSibling, part = {labels, own: [...labels.children]};
    for (const e of group.children) {
      const v = n => +e.getAttribute(n), title = e.firstChild.textContent;
      frames.push({e, part, title, x: v('x'), w: v('width'), y: v('y'),
        name: title.split(': ')[0].replace(/^[^[(]*\//, '')});
    }
  }
  if (!frames.length) continue;
  const bar = document.createElement('div');
  bar.className = 'flame-bar';
  svg.parentNode.before(bar);
  const find = make('input', bar, {type: 'search', placeholder: 'Find a function', 'aria-label': 'Find a function'});
  const all = make('button', bar, {type: 'button', disabled: ''});
  all.textContent = 'Show all';
  const told = make('output', bar, {});
  told.textContent = 'Click a frame to zoom in. The arrow keys go from frame to frame, Enter zooms, Escape shows all.';
  let added = [];

  const within = (a, b) => a.part === b.part && a.x >= b.x - near && a.x + a.w <= b.x + b.w + near;
  const label = (f, x, w) => {
    const room = Math.floor((w - 8) / 7.25);
    if (room < 5) return;
    const text = f.name.length <= room ? f.name : '…' + f.name.slice(1 - room);
    const e = make('text', f.part.labels, {x: x + 4, y: f.y + 13.5});
    e.textContent = text;
    added.push(e);
  };
  const zoom = to => {
    added.forEach(e => e.remove());
    added = [];
    all.disabled = !to;
    for (const f of frames) {
      const same = to && f.part === to.part;
      let x = f.x, w = f.w, shown = true;
      if (same && f.y < to.y && within(to, f)) [x, w] = [0, full];
      else if (same && f.y >= to.y && within(f, to)) [x, w] = [(f.x - to.x) * full / to.w, f.w * full / to.w];
      else if (same) shown = false;
      f.e.setAttribute('x', x);
      f.e.setAttribute('width', w);
      f.e.setAttribute('visibility', shown ? 'visible' : 'hidden');
      if (same && shown) label(f, x, w);
    }
    for (const f of frames) f.part.own.forEach(e => e.setAttribute('visibility',
      to && f.part === to.part ? 'hidden' : 'visible'));
  };
  const point = f => { // to the frame that the keyboard is at: one of each part, so that Tab goes from part to part
    f.part.at.e.setAttribute('tabindex', -1);
    f.part.at = f;
    f.e.setAttribute('tabindex', 0);
    f.e.focus();
    told.textContent = f.title;
  };
  const seen = f => f.e.getAttribute('visibility') !== 'hidden';
  const steps = {
    ArrowDown: f => frames.find(o => seen(o) && o.y > f.y && within(o, f)),
    ArrowUp: f => frames.filter(o => seen(o) && o.y < f.y && within(f, o)).pop(),
    ArrowRight: f => frames.filter(o => seen(o) && o.y === f.y && o.x > f.x).sort((a, b) => a.x - b.x)[0],
    ArrowLeft: f => frames.filter(o => seen(o) && o.y === f.y && o.x < f.x).sort((a, b) => b.x - a.x)[0],
  };
  svg.setAttribute('role', 'group');
  for (const f of frames) {
    f.e.setAttribute('role', 'button');
    f.e.setAttribute('aria-label', f.title);
    f.part.at = f.part.at || f;
    f.e.setAttribute('tabindex', f === f.part.at ? 0 : -1);
    f.e.addEventListener('click', () => { zoom(f); point(f); });
    f.e.addEventListener('focus', () => { told.textContent = f.title; });
    f.e.addEventListener('pointerenter', () => { told.textContent = f.title; });
    f.e.addEventListener('keydown', event => {
      const to = steps[event.key] && steps[event.key](f);
      if (to) point(to);
      else if (event.key === 'Enter' || event.key === ' ') zoom(f);
      else if (event.key === 'Escape') zoom(null);
      else if (!steps[event.key]) return;
      event.preventDefault();
    });
  }
  all.addEventListener('click', () => zoom(null));
  find.addEventListener('input', () => {
    const word = find.value.trim().toLowerCase();
    let count = 0, wide = 0;
    for (const f of frames) {
      f.hit = word !== '' && f.title.split(': ')[0].toLowerCase().includes(word);
      f.e.classList.toggle('hit', f.hit);
      if (!f.hit) continue;
      count++;
      if (!frames.some(o => o.hit && o !== f && o.y < f.y && within(f, o))) wide += f.w;
    }
    told.textContent = word === '' ? '' : count === 0 ? 'No frame has that name.' :
      (count === 1 ? '1 frame, ' : count + ' frames, ') + (100 * wide / full).toPrecision(3) + ' % of the width';
  });
}
