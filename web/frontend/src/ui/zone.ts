/** Times are those of the organisation, with its zone beside. Where the reader's own clocks show the same, it is left out. */

for (const shown of document.querySelectorAll<HTMLTimeElement>("time[datetime]")) {
  const zone = shown.querySelector<HTMLElement>(".zone");
  const written = /([+-])(\d\d):(\d\d)$/.exec(shown.dateTime);
  if (zone === null || written === null) continue;
  const minutes = Number(`${written[1]}1`) * (Number(written[2]) * 60 + Number(written[3]));
  zone.hidden = -new Date(shown.dateTime).getTimezoneOffset() === minutes;
}
