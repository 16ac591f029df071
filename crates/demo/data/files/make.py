"""Makes the two files that the demonstration attaches to records. Needs Pillow. All of it is invented and drawn here.

    python3 make.py        # in this folder
"""

import pathlib

from PIL import Image, ImageDraw

HERE = pathlib.Path(__file__).parent


def meeting():
    """A meeting room: a screen, a long table, people around it."""
    w, h = 1280, 860
    image = Image.new("RGB", (w, h), "#efe9df")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 600, w, h), fill="#cdbfa9")
    draw.rectangle((360, 90, 920, 400), fill="#ffffff", outline="#8c8378", width=6)
    draw.rectangle((400, 130, 880, 190), fill="#9a1b1e")
    for y in (230, 270, 310, 350):
        draw.rectangle((430, y, 430 + (420 if y < 350 else 260), y + 14), fill="#cfc7bb")
    draw.rectangle((60, 120, 260, 420), fill="#d8e4ee", outline="#8c8378", width=6)
    draw.line((160, 120, 160, 420), fill="#8c8378", width=6)
    coats = ["#27466b", "#554d45", "#6e655b", "#2c6a48", "#39424e", "#7a5a3a", "#4b5d74"]
    for i in range(7):
        x = 190 + i * 150
        draw.ellipse((x - 34, 470, x + 34, 538), fill="#e3c3a4")
        draw.pieslice((x - 38, 460, x + 38, 536), 180, 360, fill="#2d2620")
        draw.rounded_rectangle((x - 62, 540, x + 62, 700), 36, fill=coats[i])
    draw.polygon([(80, 640), (1200, 640), (1270, 780), (10, 780)], fill="#8a6a48")
    for i in range(7):
        x = 190 + i * 150
        draw.polygon([(x - 40, 670), (x + 30, 670), (x + 36, 710), (x - 46, 710)], fill="#fbf9f5")
    image.save(HERE / "meeting.jpg", quality=72)


def agreement():
    """Two pages' worth of words on one, in a font that every reader of PDF knows by name."""
    lines = [
        "支部共建协议", "",
        "甲方：青禾职业学院某党支部", "乙方：共建单位党支部", "",
        "一、每年联合开展两次主题党日，上半年、下半年各一次。",
        "二、实训基地互相开放，党员教师和技术骨干结对。",
        "三、各指定一名联络员，每季度碰头一次。",
        "四、本协议自签订之日起生效，期满可以续签。", "",
        "（演示用，内容为虚构）",
    ]
    shown = "".join(
        f"BT /F1 {20 if n == 0 else 14} Tf {200 if n == 0 else 72} {760 - n * 30} Td "
        f"<{line.encode('utf-16-be').hex().upper()}> Tj ET\n"
        for n, line in enumerate(lines) if line
    ).encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%sendstream" % (len(shown), shown),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /SimSun /Encoding /UniGB-UCS2-H /DescendantFonts [6 0 R] >>",
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /SimSun /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) "
        b"/Supplement 2 >> /FontDescriptor 7 0 R /DW 1000 >>",
        b"<< /Type /FontDescriptor /FontName /SimSun /Flags 4 /FontBBox [0 -200 1000 900] /ItalicAngle 0 /Ascent 880 "
        b"/Descent -120 /CapHeight 880 /StemV 80 >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for n, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (n, body)
    table = b"".join(b"%010d 00000 n \n" % p for p in places)
    out += b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1, table, len(objects) + 1, len(out))
    (HERE / "agreement.pdf").write_bytes(out)


meeting()
agreement()
