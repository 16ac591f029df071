// What makes the pages better with script; every page works without it. No library, no inline handlers.
(function () {
  'use strict';
  var doc = document;
  function all(selector, root) { return Array.prototype.slice.call((root || doc).querySelectorAll(selector)); }

  // Errors: the summary takes the focus, so that a screen reader starts there.
  function focusErrors(root) {
    var box = (root || doc).querySelector('[data-focus]');
    if (box) box.focus();
  }

  // Attendance: the tally under 谁来了 follows the radio inputs; the server counts again when it saves.
  function tally() {
    var out = doc.getElementById('tally');
    if (!out) return;
    var n = { present: 0, absent: 0, leave: 0 }, guests = 0, due = 0;
    all('.tri').forEach(function (seat) {
      var chosen = seat.querySelector('input:checked');
      if (seat.closest('[data-guest]')) guests += chosen && chosen.value === 'present' ? 1 : 0;
      else { due += 1; if (chosen) n[chosen.value] += 1; }
    });
    var left = due - n.present - n.absent - n.leave, said = '，实到 ' + n.present + '，缺 ' + n.absent + '，请假 ' + n.leave;
    out.textContent = '应到 ' + due + (left && left === due ? '，还没有点' : said + (left ? '，还没有点 ' + left : '')) + (guests ? '；列席 ' + guests : '');
  }

  // Why somebody did not come is asked only of those who did not: data-why="<name of their radio inputs>".
  function reasons() {
    all('[data-why]').forEach(function (line) {
      var chosen = doc.querySelector('.tri input[name="' + CSS.escape(line.dataset.why) + '"]:checked');
      line.hidden = !chosen || chosen.value === 'present';
    });
  }

  // What is said of the option that is chosen: data-says="id of the words" on a select, data-says="words" on its options.
  document.addEventListener('change', function (event) {
    var says = event.target.matches && event.target.matches('select[data-says]') && document.getElementById(event.target.dataset.says);
    var option = says && event.target.selectedOptions[0];
    if (says) says.textContent = (option && option.dataset.says) || '';
  });

  // Fields that are asked only when another has a certain value: data-when="name=value" or "name=one|other".
  function whens() {
    all('[data-when]').forEach(function (part) {
      var at = part.dataset.when.indexOf('='), name = part.dataset.when.slice(0, at), want = part.dataset.when.slice(at + 1).split('|');
      var shown = all('[name="' + CSS.escape(name) + '"]').some(function (input) {
        return (input.type === 'radio' || input.type === 'checkbox') ? input.checked && want.indexOf(input.value) >= 0 : want.indexOf(input.value) >= 0;
      });
      part.hidden = !shown;
    });
  }

  // Fragments: fetch a page and put its part with the same id in the place of ours. The server sends whole pages only.
  var running = {};
  function swap(id, request) {
    if (running[id]) running[id].abort();
    var control = running[id] = new AbortController();
    var place = doc.getElementById(id);
    if (place) place.setAttribute('aria-busy', 'true');
    return fetch(request.url, { method: request.method, body: request.body, signal: control.signal, credentials: 'same-origin', headers: { 'X-Part': id } })
      .then(function (answer) {
        if (answer.redirected && new URL(answer.url).pathname === '/login') { location.assign(location.href); return null; }
        if (answer.status === 204) { location.reload(); return null; }
        return answer.text().then(function (text) {
          var fresh = new DOMParser().parseFromString(text, 'text/html').getElementById(id);
          var old = doc.getElementById(id);
          if (!fresh || !old) throw new Error('no part ' + id);
          old.replaceWith(doc.adoptNode(fresh));
          ready(fresh);
          return fresh;
        });
      })
      .catch(function (error) {
        if (error.name === 'AbortError') return null;
        var old = doc.getElementById(id);
        if (old) old.removeAttribute('aria-busy');
        say('网断了或服务器没有回答。写的内容还在，请稍后再试。');
        return null;
      });
  }

  // Work that goes on without the page: [data-again="<milliseconds>"] is asked again until the answer is 204: it is over.
  function again(part) {
    setTimeout(function () {
      swap(part.id, { url: location.href, method: 'GET' }).then(function (fresh) { again(fresh || part); });
    }, Number(part.dataset.again));
  }
  all('[data-again]').forEach(again);

  // Says something in the place for it, without moving the focus.
  function say(words) {
    var box = doc.getElementById('said');
    if (!box) {
      box = doc.createElement('p');
      box.id = 'said';
      box.className = 'toast toast-fix';
      box.setAttribute('role', 'status');
      doc.body.appendChild(box);
    }
    box.textContent = words;
    box.hidden = false;
    clearTimeout(say.timer);
    say.timer = setTimeout(function () { box.hidden = true; }, 8000);
  }

  // Forms send their fields as a browser would.
  function encoded(form, submitter) {
    var data = new FormData(form);
    if (submitter && submitter.name) data.append(submitter.name, submitter.value);
    return data;
  }
  function asQuery(data) {
    var query = new URLSearchParams();
    data.forEach(function (value, name) { if (typeof value === 'string' && value !== '') query.append(name, value); });
    return query;
  }

  // Drafts: what is typed into form[data-draft] stays in this browser until the form is sent; passwords and files never.
  function draftKey(form) { return 'luoshi.draft.' + form.dataset.draft; }
  function keep(form) {
    var kept = [];
    all('input,select,textarea', form).forEach(function (input) {
      if (!input.name || input.type === 'password' || input.type === 'file' || input.type === 'hidden') return;
      if (input.type === 'radio' || input.type === 'checkbox') { if (input.checked) kept.push([input.name, input.value]); }
      else kept.push([input.name, input.value]);
    });
    try { localStorage.setItem(draftKey(form), JSON.stringify(kept)); } catch (e) { return; }
    var mark = form.querySelector('[data-draft-state]');
    if (mark) mark.textContent = '草稿已存在本机';
  }
  function offerDraft(form) {
    var text = null;
    try { text = localStorage.getItem(draftKey(form)); } catch (e) { return; }
    if (!text || form.querySelector('[data-focus]')) return;
    var kept;
    try { kept = JSON.parse(text); } catch (e) { return; }
    if (!Array.isArray(kept)) return;
    var note = doc.createElement('p'), yes = doc.createElement('button'), no = doc.createElement('button');
    note.className = 'note';
    note.setAttribute('role', 'status');
    note.appendChild(doc.createTextNode('本机存有这张表没写完的草稿。'));
    yes.type = no.type = 'button';
    yes.className = no.className = 'lk';
    yes.textContent = '接着写';
    no.textContent = '不要了';
    yes.addEventListener('click', function () { refill(form, kept); note.remove(); });
    no.addEventListener('click', function () { localStorage.removeItem(draftKey(form)); note.remove(); });
    note.appendChild(yes);
    note.appendChild(no);
    form.insertBefore(note, form.firstChild);
  }
  function refill(form, kept) {
    var wanted = {};
    kept.forEach(function (pair) { (wanted[pair[0]] = wanted[pair[0]] || []).push(pair[1]); });
    all('input,select,textarea', form).forEach(function (input) {
      if (!input.name || input.type === 'password' || input.type === 'file' || input.type === 'hidden') return;
      var values = wanted[input.name] || [];
      if (input.type === 'radio' || input.type === 'checkbox') input.checked = values.indexOf(input.value) >= 0;
      else if (values.length) input.value = values.shift();
    });
    form.dispatchEvent(new Event('change', { bubbles: true }));
  }

  // [data-chars="<n>"]: nothing typed or pasted is cut; what is too long is said beside it, and the form waits for it.
  doc.addEventListener('input', function (event) {
    var box = event.target, most = Number(box.dataset && box.dataset.chars);
    if (!most) return;
    var now = Array.from(box.value.trim()).length, said = box.parentNode.querySelector('.chars');
    var words = now > most ? '最多 ' + most + ' 个字，现在 ' + now + ' 个' : '';
    box.setCustomValidity(words);
    if (!words) { if (said) said.remove(); return; }
    if (!said) {
      said = doc.createElement('span');
      said.className = 'err chars';
      said.setAttribute('role', 'status');
      box.insertAdjacentElement('afterend', said);
    }
    said.textContent = words;
  });

  // Drafts on the server: form[data-save="<url>"] is posted there a moment after the last change; the answer's
  // [data-save-state] is shown. A 409 says that somebody else was faster; nothing typed is lost.
  // One after the other: the answer names the draft that the next one goes on with, and two at once would be taken for two
  // windows. data-unsaved stands while something is typed that the server does not have.
  function autosave(form, wait) {
    form.dataset.unsaved = '';
    clearTimeout(form.saveTimer);
    form.saveTimer = setTimeout(saveDraft, wait === undefined ? 1200 : wait, form);
  }
  function saveDraft(form) {
    if (form.saving) { form.saveNext = true; return; }
    form.saving = true;
    form.saveNext = false;
    form.dataset.unsaved = 'sent';
    fetch(form.dataset.save, { method: 'POST', body: asQuery(new FormData(form)), credentials: 'same-origin', headers: { Accept: 'application/json' } })
      .then(function (answer) {
        return answer.json().then(function (told) {
          var mark = form.querySelector('[data-save-state]');
          if (mark) mark.textContent = told.said || [told.title, told.detail].filter(Boolean).join('：');
          if (!answer.ok) form.dataset.unsaved = '';
          if (told.revision && form.elements.revision) form.elements.revision.value = told.revision;
          if (told.draft && form.elements.draft) form.elements.draft.value = told.draft;
          if (form.dataset.unsaved === 'sent') delete form.dataset.unsaved;
        });
      })
      .catch(function () {
        form.dataset.unsaved = '';
        say('网断了。写的内容还在这一页，连上后再改一处就会送出。');
      })
      .then(function () {
        form.saving = false;
        if (form.saveNext) saveDraft(form);
      });
  }

  // Files: what is chosen or dropped in [data-files="name of its input"] is handed in at once, one after the other, to the
  // form's data-hand; then the list (data-list) is asked again, and the draft is saved with it.
  var turn = Promise.resolve();
  function handIn(box, files) {
    var form = box.closest('form');
    files.forEach(function (file) {
      var row = doc.createElement('li'), name = doc.createElement('span'), bar = doc.createElement('progress'), words = doc.createElement('span');
      name.textContent = file.name;
      words.className = 'cap';
      words.textContent = '等待上传';
      bar.max = 100;
      bar.value = 0;
      [name, bar, words].forEach(function (part) { row.appendChild(part); });
      box.querySelector('.up').appendChild(row);
      function refuse(why) {
        bar.remove();
        name.remove();
        row.className = 'err';
        words.className = '';
        words.textContent = why.indexOf('“') === 0 ? why : '“' + file.name + '”：' + why;
      }
      if (file.size > Number(box.dataset.most)) { refuse('文件太大，最多 ' + Math.floor(box.dataset.most / 1048576) + ' MB，没有上传；写的内容都还在。'); return; }
      form.sending = (form.sending || 0) + 1;
      turn = turn.then(function () { return send(form, box, file, bar, words); }).then(function (kept) {
        row.remove();
        return took(form, box, kept);
      }).catch(function (error) { refuse(error.message); }).then(function () { form.sending -= 1; });
    });
  }
  function send(form, box, file, bar, words) {
    return new Promise(function (done, fail) {
      var data = new FormData(), request = new XMLHttpRequest();
      ['id', 'revision', 'unit', 'ledger', 'also', 'day'].forEach(function (name) {
        all('[name="' + name + '"]', form).forEach(function (input) {
          if (input.type !== 'checkbox' || input.checked) data.append(name, input.value);
        });
      });
      data.append(box.dataset.files, file, file.name);
      request.upload.onprogress = function (event) {
        if (!event.lengthComputable) return;
        bar.value = 100 * event.loaded / event.total;
        words.textContent = event.loaded < event.total ? '上传中' : '检查中';
      };
      request.onload = function () {
        var told = null;
        try { told = JSON.parse(request.responseText); } catch (e) { /* a page: signed out meanwhile, or a proxy's */ }
        if (request.status === 200 && told && told.kept) done(told.kept);
        else fail(new Error(told ? told.detail || told.title : '没有收下。可能已经退出登录，请在新窗口登录后再试；写的内容还在这一页。'));
      };
      request.onerror = function () { fail(new Error('网断了，没有传完，请再选一次。写的内容还在。')); };
      request.open('POST', form.dataset.hand);
      request.setRequestHeader('Accept', 'application/json');
      request.send(data);
    });
  }
  function took(form, box, kept) {
    var list = doc.getElementById(box.dataset.list);
    kept.forEach(function (one) {
      var input = doc.createElement('input');
      input.type = 'hidden';
      input.name = one.name;
      input.value = one.id;
      if (list) list.appendChild(input);
    });
    autosave(form, 0);
    if (form.dataset.live) live(form);
    return swap(box.dataset.list, { url: form.dataset.live.split(' ')[0], method: 'POST', body: asQuery(new FormData(form)) });
  }
  function boxOf(event) {
    var carries = event.dataTransfer && Array.prototype.indexOf.call(event.dataTransfer.types, 'Files') >= 0;
    // Beside a box a dropped file would take the place of the page, with all that is typed.
    if (carries && doc.querySelector('[data-files]')) event.preventDefault();
    return carries && event.target.closest ? event.target.closest('[data-files]') : null;
  }
  ['dragover', 'dragleave', 'drop'].forEach(function (name) {
    doc.addEventListener(name, function (event) {
      var box = boxOf(event);
      all('.files-on').forEach(function (one) { if (one !== box || name !== 'dragover') one.classList.remove('files-on'); });
      if (box && name === 'dragover') box.classList.add('files-on');
      if (box && name === 'drop') handIn(box, Array.prototype.slice.call(event.dataTransfer.files));
    });
  });

  doc.addEventListener('change', function (event) {
    var target = event.target, files = target.type === 'file' && target.closest('[data-files]');
    if (files && target.form && target.form.dataset.hand) {
      var chosen = Array.prototype.slice.call(target.files);
      // Handed in now, and not once more with the form.
      target.value = '';
      handIn(files, chosen);
      return;
    }
    if (target.closest('.tri')) { tally(); reasons(); }
    whens();
    var form = target.form || (target.tagName === 'FORM' ? target : null);
    if (!form) return;
    // What is asked depends on this control: data-refresh="<url> <id of the part>" asks the part again with all that is typed.
    if (target.dataset && target.dataset.refresh) {
      var wanted = target.dataset.refresh.split(' '), focused = target.id;
      swap(wanted[1], { url: wanted[0], method: 'POST', body: asQuery(new FormData(form)) }).then(function (fresh) {
        var again = fresh && focused && doc.getElementById(focused);
        if (again) again.focus();
      });
    }
    if (form.dataset.draft) keep(form);
    if (form.dataset.save) autosave(form);
    // A filter form acts at once; without script it has its button.
    if (form.hasAttribute('data-auto')) form.requestSubmit();
    // What depends on the whole form (what a record counts for) is asked again: data-live="<url> <id of the part>".
    if (form.dataset.live) live(form);
  });
  doc.addEventListener('input', function (event) {
    var form = event.target.form;
    if (!form) return;
    if (form.dataset.draft) { clearTimeout(form.draftTimer); form.draftTimer = setTimeout(keep, 600, form); }
    if (form.dataset.save) autosave(form);
    if (form.dataset.live) { clearTimeout(form.liveTimer); form.liveTimer = setTimeout(live, 700, form); }
  });
  function live(form) {
    var parts = form.dataset.live.split(' ');
    swap(parts[1], { url: parts[0], method: 'POST', body: asQuery(new FormData(form)) });
  }

  // Before sending: the question is put if there is one, the button is closed against a second click.
  doc.addEventListener('submit', function (event) {
    var form = event.target, dialog = form.dataset.ask && doc.getElementById(form.dataset.ask);
    if (dialog && dialog.showModal && !form.asked) {
      event.preventDefault();
      form.submitterKept = event.submitter;
      dialog.form = form;
      dialog.showModal();
      return;
    }
    form.asked = false;
    var part = form.dataset.part;
    if (part && part.indexOf(' ') > 0) {
      event.preventDefault();
      decide(form, event.submitter, part.split(' '));
      return;
    }
    if (part) {
      event.preventDefault();
      var data = encoded(form, event.submitter);
      if ((form.getAttribute('method') || 'get').toLowerCase() === 'get') {
        var url = form.action.split('?')[0] + '?' + asQuery(data);
        swap(part, { url: url, method: 'GET' }).then(function (fresh) { if (fresh) history.replaceState(null, '', url); });
      } else {
        swap(part, { url: form.action, method: 'POST', body: form.enctype === 'multipart/form-data' ? data : asQuery(data) });
      }
      return;
    }
    if (form.sending > 0) { event.preventDefault(); say('还有文件在上传，传完再保存。'); return; }
    if (form.sent) { event.preventDefault(); return; }
    if ((form.getAttribute('method') || 'get').toLowerCase() === 'post') {
      form.sent = true;
      // What is sent now is more than the draft.
      clearTimeout(form.saveTimer);
      form.saveNext = false;
      setTimeout(function () { form.sent = false; }, 8000);
      if (form.dataset.draft) try { localStorage.removeItem(draftKey(form)); } catch (e) { /* private window */ }
    }
  });

  doc.addEventListener('click', function (event) {
    var target = event.target.closest('[data-close],[data-go],[data-all],[data-pick],[data-print],[data-open],a[data-part]');
    if (!target) { closePops(event.target); return; }
    var dialog = target.closest('dialog');
    if (target.hasAttribute('data-close') && dialog) dialog.close();
    else if (target.hasAttribute('data-go') && dialog) {
      var form = dialog.form || target.form;
      dialog.close();
      form.asked = true;
      form.requestSubmit(form.submitterKept && form.submitterKept.form === form ? form.submitterKept : undefined);
    } else if (target.dataset.open) {
      var opened = doc.getElementById(target.dataset.open);
      if (opened && opened.showModal) { event.preventDefault(); opened.showModal(); }
    } else if (target.dataset.all) {
      // 全部到会: those of whom nothing is said came; taken back, nothing is said of those who came.
      all('.tri', target.closest('form') || doc).forEach(function (seat) {
        var came = seat.querySelector('input[value="' + target.dataset.all + '"]');
        if (!target.checked) came.checked = false;
        else if (!seat.querySelector('input:checked')) came.checked = true;
      });
      tally();
      reasons();
      if (target.form && target.form.dataset.live) live(target.form);
    } else if (target.hasAttribute('data-pick')) {
      all('input[type=checkbox]', target.closest('table')).forEach(function (input) { if (input !== target) input.checked = target.checked; });
    } else if (target.hasAttribute('data-print')) {
      window.print();
    } else if (target.matches('a[data-part]')) {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
      event.preventDefault();
      var href = target.href;
      swap(target.dataset.part, { url: href, method: 'GET' }).then(function (fresh) { if (fresh) history.replaceState(null, '', href); else location.assign(href); });
    }
  });

  // A matrix that fits scrolls with the page, its head at the top of the window; a wider one scrolls sideways by itself, and its
  // head is moved down to where the window begins.
  function follow() {
    all('.mx-w').forEach(function (wrap) {
      var table = wrap.firstElementChild, room = table.offsetHeight - 2 * table.tHead.offsetHeight;
      var down = Math.max(0, Math.min(-wrap.getBoundingClientRect().top, room));
      wrap.style.setProperty('--down', down + 'px');
    });
  }
  function fit() {
    all('.mx-w').forEach(function (wrap) {
      wrap.classList.remove('fits');
      wrap.classList.toggle('fits', wrap.firstElementChild.offsetWidth <= wrap.clientWidth);
    });
    follow();
  }
  if (doc.querySelector('.mx-w')) {
    fit();
    window.addEventListener('resize', fit);
    window.addEventListener('scroll', follow, { passive: true });
  }

  // Popovers: a[data-pop="<url>"] shows the part #pop of that page over the cell; the link itself leads to the whole list.
  // A table with data-cells="<url>" says it once for all its cells: the query is that of each cell's own link.
  var pop = null;
  function closePops(from) {
    if (pop && !(from && pop.contains(from))) { pop.remove(); pop = null; }
  }
  doc.addEventListener('click', function (event) {
    var link = event.target.closest('a[data-pop], [data-cells] tbody td:not(.sm) > a');
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey || matchMedia('(max-width: 760px)').matches) return;
    event.preventDefault();
    closePops();
    var table = link.closest('[data-cells]');
    fetch(link.dataset.pop || table.dataset.cells + link.search, { credentials: 'same-origin' }).then(function (answer) { return answer.text(); }).then(function (text) {
      var fresh = new DOMParser().parseFromString(text, 'text/html').getElementById('pop');
      if (!fresh) { location.assign(link.href); return; }
      pop = doc.adoptNode(fresh);
      pop.classList.add('pop');
      pop.tabIndex = -1;
      // Towards the middle of the page, so that it is never cut off at the side.
      pop.classList.toggle('pop-r', link.getBoundingClientRect().left < window.innerWidth / 2);
      link.parentNode.appendChild(pop);
      pop.focus();
      pop.opener = link;
    }).catch(function () { location.assign(link.href); });
  });
  doc.addEventListener('keydown', function (event) {
    if (event.key === 'Escape' && pop) { var opener = pop.opener; closePops(); if (opener) opener.focus(); }
  });

  // Tied pairs: pointing at a measure lights its card, and the other way round; what the address names stays lit.
  function keysOf(part) { return part.dataset.k ? part.dataset.k.split(' ') : [part.id.slice(2)]; }
  function light(keys, why) {
    all('.on[data-tied~="' + why + '"]').forEach(function (one) {
      one.dataset.tied = one.dataset.tied.split(' ').filter(function (w) { return w !== why; }).join(' ');
      if (!one.dataset.tied) one.classList.remove('on');
    });
    keys.forEach(function (key) {
      all('#' + CSS.escape('o-' + key) + ',[data-k~="' + CSS.escape(key) + '"]').forEach(function (one) {
        one.classList.add('on');
        one.dataset.tied = ((one.dataset.tied || '') + ' ' + why).trim();
      });
    });
  }
  function tie(event) {
    var part = event.target.closest && event.target.closest('[data-k],[id^="o-"]');
    light(part ? keysOf(part) : [], 'near');
  }
  function named() {
    var match = /^#[mo]-(.+)$/.exec(decodeURIComponent(location.hash));
    light(match ? [match[1]] : [], 'named');
  }
  doc.addEventListener('mouseover', tie);
  doc.addEventListener('focusin', tie);
  window.addEventListener('hashchange', named);

  // Words that are selected in the document go into the link that makes an obligation of them.
  doc.addEventListener('selectionchange', function () {
    var chosen = doc.getSelection();
    if (!chosen.rangeCount || chosen.isCollapsed) return;
    var range = chosen.getRangeAt(0), at = range.commonAncestorContainer;
    var words = (at.nodeType === 1 ? at : at.parentElement).closest('[data-words]');
    var link = words && words.parentNode.querySelector('a[data-add-words]');
    if (!link) return;
    var copy = range.cloneContents();
    all('.tie', copy).forEach(function (number) { number.remove(); });
    link.search = '?' + new URLSearchParams({ words: copy.textContent });
    link.classList.remove('btn-no');
    link.textContent = '用选中的词句补一项要求';
  });

  // Decisions in a long page: the parts that change are put in their place, the page stays where it is. When the server
  // refuses, the form is sent as it would be without script; when somebody else was faster, the page is read anew.
  function decide(form, submitter, ids) {
    if (form.sent) return;
    form.sent = true;
    var marked = doc.querySelector('[data-revision]'), before = marked ? Number(marked.dataset.revision) : 0;
    var body = asQuery(encoded(form, submitter));
    ids.forEach(function (id) { var part = doc.getElementById(id); if (part) part.setAttribute('aria-busy', 'true'); });
    fetch(form.action, { method: 'POST', body: body, credentials: 'same-origin', headers: { 'X-Part': ids.join(' ') } })
      .then(function (answer) {
        return answer.text().then(function (text) {
          var fresh = new DOMParser().parseFromString(text, 'text/html'), now = fresh.querySelector('[data-revision]');
          if (!answer.ok || !now) {
            form.sent = false;
            form.removeAttribute('data-part');
            form.requestSubmit(submitter);
            return;
          }
          if (Number(now.dataset.revision) !== before + 1) { location.reload(); return; }
          ids.forEach(function (id) {
            var part = doc.getElementById(id), other = fresh.getElementById(id);
            if (part && other) part.replaceWith(doc.adoptNode(other));
            else if (part) part.remove();
          });
          all('input[name="revision"]').forEach(function (input) { input.value = now.dataset.revision; });
          var said = fresh.querySelector('.toast');
          if (said) say(said.textContent);
          named();
          var next = doc.getElementById(ids[0]);
          next = next && next.querySelector('[data-waits] button');
          if (next) next.focus({ preventScroll: true });
        });
      })
      .catch(function () {
        form.sent = false;
        ids.forEach(function (id) { var part = doc.getElementById(id); if (part) part.removeAttribute('aria-busy'); });
        say('网断了或服务器没有回答，这一步还没有做。请稍后再试。');
      });
  }

  // 下一处: the next place below the top of the window that still waits; after the last, the first.
  doc.addEventListener('click', function (event) {
    var link = event.target.closest('a[data-next]');
    if (!link) return;
    var places = all('.dx.k-err,.dx.k-warn'), top = doc.querySelector('.rv-top');
    if (!places.length) places = all('[data-waits]');
    if (!places.length) return;
    event.preventDefault();
    var edge = (top ? top.getBoundingClientRect().bottom : 0) + 40;
    var next = places.find(function (place) { return place !== link.last && place.getBoundingClientRect().top > edge; }) || places[0];
    link.last = next;
    next.scrollIntoView({ block: 'center' });
    var act = next.querySelector('button,a');
    if (act) act.focus({ preventScroll: true });
  });

  // A link to an item, a measure or an obligation opens what it stands in, where the browser does not do so itself.
  function reveal() {
    var found = location.hash.length > 1 && doc.getElementById(decodeURIComponent(location.hash.slice(1)));
    var box = found && found.closest('details');
    if (!box || box.open) return;
    box.open = true;
    found.scrollIntoView();
  }
  window.addEventListener('hashchange', reveal);

  function ready(root) {
    all('form[data-draft]', root).forEach(offerDraft);
    tally();
    reasons();
    whens();
    focusErrors(root);
  }
  // A part that others change is asked again while the page is seen: data-poll="<url>", on the part with the id.
  setInterval(function () {
    if (doc.hidden) return;
    all('[data-poll]', doc).forEach(function (part) { swap(part.id, { url: part.dataset.poll, method: 'GET' }); });
  }, 5000);
  ready(doc);
  named();
  reveal();
})();
