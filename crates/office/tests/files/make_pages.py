"""Makes the PDFs that the tests read. Needs python-docx, LibreOffice (soffice), Chromium and Noto CJK fonts. All text is
invented.

    python3 make_pages.py        # in this folder
"""

import pathlib
import shutil
import subprocess
import tempfile

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

HERE = pathlib.Path(__file__).parent
FONT = "Noto Serif CJK SC"

TITLE = "云岭技师学院2026年党建工作要点"
HEAD = "2026年，学院党委坚持以高质量党建引领各项工作，紧扣年度目标，压实各级责任，现提出以下要点。"
SECTIONS = [
    ("一、加强思想建设", [
        ("坚持集体学习。落实中心组学习制度，围绕年度重点确定专题，提前发放材料，认真组织研讨，做到有计划、有记录、有交流，每季度至少举行1次集体学习。", "（牵头部门：宣传部，责任部门：党委办公室、各党支部）"),
        ("办好读书班。结合实际安排篇目，采取领读、自学、讨论相结合的方式，推动学习成果转化为工作举措，6月底前完成。", "（牵头部门：组织部，责任部门：各党支部）"),
        ("加强阵地管理。严格执行报告会、研讨会、讲座审批制度，对新媒体账号逐一登记，每半年开展一次排查，发现问题立即整改，并向党委报告情况。", "（牵头部门：宣传部，责任部门：各二级学院）"),
    ]),
    ("二、加强组织建设", [
        ("规范组织生活。严格落实“三会一课”、主题党日、谈心谈话等制度，支部党员大会每季度召开一次，支部委员会会议每月召开一次，如实记录并按时归档。", "（牵头部门：组织部，责任部门：各党支部）"),
        ("选树先进典型。七一前，评选表彰一批优秀共产党员、优秀党务工作者和先进党支部，宣传他们的事迹，发挥示范作用。", "（牵头部门：组织部，责任部门：各党总支）"),
        ("做好发展党员工作。坚持标准、严格程序，把政治素质放在首位，全年发展对象培训不少于24学时，11月底前完成全年发展计划。", "（牵头部门：组织部，责任部门：各党支部）"),
    ]),
    ("三、加强作风建设", [
        ("改进调查研究。领导班子成员每学期至少到联系单位调研2次，形成问题清单，逐项明确责任和时限，年底前全部办结。", "（牵头部门：党委办公室，责任部门：各职能部门）"),
        ("加强廉政教育。每年至少召开1次警示教育大会，重要节假日前发送提醒，组织新任职干部谈话，签订责任书，做到教育在先、警示在先、预防在先。", "（牵头部门：纪委办公室，责任部门：各党总支）"),
        ("精简会议文件。严格控制会议数量和文件篇幅，能合并的合并，能不开的不开，切实减轻基层负担，年底前对执行情况进行一次检查。", "（牵头部门：党委办公室，责任部门：各职能部门）"),
    ]),
]
TABLE = [
    ("序号", "工作任务", "牵头部门", "责任部门", "完成时限"),
    ("1", "修订党委会议事规则，明确议题提出、酝酿、表决和督办的程序", "党委办公室", "各职能部门", "3月底前"),
    ("2", "开展基层党组织书记述职评议，评议结果报党委", "组织部", "各党总支", "12月10日前"),
    ("3", "举办入党积极分子培训班，每学期1期", "组织部、党校", "各党支部", "全年"),
]
LONG_TABLE = TABLE + [
    (str(n), f"第{n}项任务，按照方案分步推进，做到有部署、有检查、有总结", "教务处" if n % 2 else "学生处", "各二级学院", f"{n % 12 + 1}月底前")
    for n in range(4, 40)
]


def styled(paragraph, size, indent=False, align=None):
    for run in paragraph.runs:
        run.font.size = Pt(size)
        run.font.name = FONT
        run._r.get_or_add_rPr().rFonts.set(qn("w:eastAsia"), FONT)
    if indent:
        paragraph.paragraph_format.first_line_indent = Pt(size * 2)
    if align is not None:
        paragraph.alignment = align
    paragraph.paragraph_format.space_after = Pt(0)
    paragraph.paragraph_format.line_spacing = Pt(28)
    return paragraph


def page_field(paragraph):
    for kind, text in [("begin", None), (None, "PAGE"), ("end", None)]:
        run = paragraph.add_run()
        if kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark = OxmlElement("w:instrText")
            mark.text = text
        run._r.append(mark)


def framed():
    """A document with a running head and page numbers, as official papers have them."""
    d = Document()
    section = d.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin, section.right_margin = Cm(2.8), Cm(2.6)
    styled(section.header.paragraphs[0], 9)
    section.header.paragraphs[0].add_run("云岭技师学院文件")
    styled(section.header.paragraphs[0], 9)
    foot = section.footer.paragraphs[0]
    foot.add_run("— ")
    page_field(foot)
    foot.add_run(" —")
    styled(foot, 14, align=WD_ALIGN_PARAGRAPH.CENTER)
    return d


def printed(d, name):
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / f"{name}.docx"
        d.save(source)
        subprocess.run(["soffice", "--headless", "--convert-to", "pdf", "--outdir", str(HERE), str(source)],
                       check=True, capture_output=True)


def libreoffice():
    d = framed()
    styled(d.add_paragraph(TITLE), 22, align=WD_ALIGN_PARAGRAPH.CENTER)
    styled(d.add_paragraph(HEAD), 16, indent=True)
    number = 0
    for title, items in SECTIONS:
        styled(d.add_paragraph(title), 16, indent=True)
        for words, tag in items:
            number += 1
            styled(d.add_paragraph(f"{number}.{words}{tag}"), 16, indent=True)
    styled(d.add_paragraph("2026年1月8日"), 16, align=WD_ALIGN_PARAGRAPH.RIGHT)
    printed(d, "printed")

    d = framed()
    styled(d.add_paragraph("云岭技师学院2026年党建重点任务分解表"), 18, align=WD_ALIGN_PARAGRAPH.CENTER)
    t = d.add_table(rows=len(LONG_TABLE), cols=5, style="Table Grid")
    for row, words in zip(t.rows, LONG_TABLE):
        for cell, word, width in zip(row.cells, words, [1.2, 6, 3, 3, 2.4]):
            cell.width = Cm(width)
            cell.text = word
            for paragraph in cell.paragraphs:
                styled(paragraph, 10.5)
                paragraph.paragraph_format.line_spacing = Pt(16)
    heading = t.rows[0]._tr.get_or_add_trPr()
    heading.append(OxmlElement("w:tblHeader"))
    printed(d, "printed-table")


def chromium():
    items = "".join(
        f"<h2>{title}</h2>" + "".join(f"<p>{n}.{w}{t}</p>" for n, (w, t) in enumerate(part, 1))
        for title, part in SECTIONS[:2]
    )
    rows = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in TABLE)
    page = f"""<!DOCTYPE html><html lang="zh"><meta charset="utf-8"><style>
@page {{ size: A4; margin: 25mm 26mm; @bottom-center {{ content: "第 " counter(page) " 页"; font-size: 10pt }} }}
body {{ font: 16px "{FONT}" }} h1, h2 {{ font-weight: normal }} h1 {{ text-align: center; font-size: 24px }} h2 {{ font-size: 17px }}
p {{ text-indent: 2em; line-height: 1.8; margin: 0 }} td {{ border: 1px solid #333; padding: 4px }} table {{ border-collapse: collapse }}
</style><h1>{TITLE}</h1><p>{HEAD}</p>{items}<h2>三、重点任务</h2><table>{rows}</table></html>"""
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "plan.html"
        source.write_text(page, encoding="utf-8")
        subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
                        f"--user-data-dir={folder}/profile", f"--print-to-pdf={HERE}/chromium.pdf", str(source)],
                       check=True, capture_output=True)


def scanned():
    """A page that is a picture, as a scanner makes it."""
    with tempfile.TemporaryDirectory() as folder:
        page = pathlib.Path(folder) / "scan.html"
        shot = pathlib.Path(folder) / "scan.png"
        page.write_text(f'<meta charset="utf-8"><p style="font:30px {FONT}">{HEAD}</p>', encoding="utf-8")
        flags = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile"]
        subprocess.run([*flags, "--window-size=600,300", f"--screenshot={shot}", str(page)], check=True, capture_output=True)
        page.write_text(f'<img src="scan.png" width="600">', encoding="utf-8")
        subprocess.run([*flags, "--no-pdf-header-footer", f"--print-to-pdf={HERE}/scanned.pdf", str(page)],
                       check=True, capture_output=True)


def by_hand(name, encoding, codec):
    """A PDF whose font is only named, its letters in a national encoding and without a table back to Unicode, as the
    converters of official documents write them."""
    def shown(words, y):
        return f"BT /F1 16 Tf 72 {y} Td <{words.encode(codec).hex().upper()}> Tj ET\n"
    text = shown("云岭技师学院工作要点", 780) + shown("一、每季度至少举行一次学习。", 740) + shown("（牵头部门：宣传部）", 710)
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(text)} >>\nstream\n{text}endstream",
        f"<< /Type /Font /Subtype /Type0 /BaseFont /SimSun /Encoding /{encoding} /DescendantFonts [6 0 R] >>",
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /SimSun /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> "
        "/FontDescriptor 7 0 R /DW 1000 >>",
        "<< /Type /FontDescriptor /FontName /SimSun /Flags 6 /FontBBox [0 -200 1000 900] /ItalicAngle 0 /Ascent 860 /Descent -140 "
        "/CapHeight 700 /StemV 80 >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for n, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{n} 0 obj\n{body}\nendobj\n".encode()
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{p:010} 00000 n \n".encode() for p in places)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    (HERE / name).write_bytes(out)


libreoffice()
chromium()
scanned()
by_hand("gbk-euc.pdf", "GBK-EUC-H", "gbk")
by_hand("unigb-ucs2.pdf", "UniGB-UCS2-H", "utf-16-be")
