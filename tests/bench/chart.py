"""A bar chart as SVG: groups of bars, each with its number."""

from xml.sax.saxutils import escape

WIDTH = 860
LABEL_WIDTH = 300
NUMBER_WIDTH = 90
BAR = 18
GAP = 6
TITLE = 34
GROUP = 30
COLOURS = ("#7a8793", "#2f6f9f", "#b5652b", "#4f8a4c")
FONT = 'font-family="sans-serif" font-size="13"'


def text(x, y, words, more=""):
    return f'<text x="{x}" y="{y}" {FONT} {more}>{escape(words)}</text>'


def write(path, title, unit, groups):
    """(groups): [(title, [(label, number)])]. A group's bars have a scale of
    their own where the largest number is over ten times another group's."""
    lines = []
    y = TITLE
    largest = [max([n for _, n in bars] + [1]) for _, bars in groups]
    room = WIDTH - LABEL_WIDTH - NUMBER_WIDTH
    for index, (name, bars) in enumerate(groups):
        near = [other for other in largest
                if other <= 10 * largest[index] and
                largest[index] <= 10 * other]
        scale = room / max(near)
        own = "" if len(near) == len(largest) else " (other scale)"
        lines.append(text(8, y + 20, name + own, 'font-weight="bold"'))
        y += GROUP
        for label, number in bars:
            long = max(1, round(number * scale))
            lines.append(text(LABEL_WIDTH - 8, y + BAR - 5, label,
                              'text-anchor="end"'))
            lines.append(f'<rect x="{LABEL_WIDTH}" y="{y}" width="{long}" '
                         f'height="{BAR}" fill="{COLOURS[index % 4]}"/>')
            lines.append(text(LABEL_WIDTH + long + 6, y + BAR - 5,
                              f"{number:+,.1f} {unit}"))
            y += BAR + GAP
        y += GAP
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
            f'height="{y + 8}" viewBox="0 0 {WIDTH} {y + 8}">')
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join([
            head, f'<rect width="{WIDTH}" height="{y + 8}" fill="#ffffff"/>',
            text(8, 22, title, 'font-weight="bold"'), *lines, "</svg>", ""]))
