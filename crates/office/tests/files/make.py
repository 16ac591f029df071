"""Makes the documents that the tests read. Needs python-docx and LibreOffice (soffice). All text is invented.

    python3 make.py        # in this folder
"""

import pathlib
import subprocess

from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

HERE = pathlib.Path(__file__).parent
W = nsdecls("w")


def numbering(document):
    """A list of three levels as offices set it: 一、 （一） 1."""
    root = document.part.numbering_part.element
    levels = [("chineseCountingThousand", "%1、"), ("chineseCountingThousand", "（%2）"), ("decimal", "%3.")]
    xml = "".join(
        f'<w:lvl w:ilvl="{i}"><w:start w:val="1"/><w:numFmt w:val="{f}"/>'
        f'{"<w:lvlRestart w:val=%s0%s/>" % (chr(34), chr(34)) if i == 2 else ""}'
        f'<w:lvlText w:val="{t}"/></w:lvl>'
        for i, (f, t) in enumerate(levels)
    )
    root.insert(0, parse_xml(f'<w:abstractNum {W} w:abstractNumId="90">{xml}</w:abstractNum>'))
    root.append(parse_xml(f'<w:num {W} w:numId="90"><w:abstractNumId w:val="90"/></w:num>'))
    root.append(
        parse_xml(
            f'<w:num {W} w:numId="91"><w:abstractNumId w:val="90"/>'
            '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>'
        )
    )


def listed(document, level, text, num=90):
    paragraph = document.add_paragraph(text)
    properties = paragraph._p.get_or_add_pPr()
    properties.append(parse_xml(f'<w:numPr {W}><w:ilvl w:val="{level}"/><w:numId w:val="{num}"/></w:numPr>'))
    return paragraph


def run(paragraph, inner):
    paragraph._p.append(parse_xml(f"<w:r {W}>{inner}</w:r>"))


def wrapped(paragraph, tag, inner):
    paragraph._p.append(parse_xml(f'<w:{tag} {W} w:id="7" w:author="甲" w:date="2026-01-05T08:00:00Z">{inner}</w:{tag}>'))


def numbered():
    d = Document()
    numbering(d)
    d.add_heading("青禾职业学院2026年工作要点", 0)
    toc = d.add_paragraph()
    for inner in ['<w:fldChar w:fldCharType="begin"/>', '<w:instrText>TOC \\o "1-3"</w:instrText>',
                  '<w:fldChar w:fldCharType="separate"/>', "<w:t>目录里的一行 3</w:t>", '<w:fldChar w:fldCharType="end"/>']:
        run(toc, inner)
    listed(d, 0, "加强思想建设")
    listed(d, 2, "坚持集体学习。每季度至少举行1次。（牵头部门：宣传处，责任部门：各支部）")
    p = listed(d, 2, "办好")
    run(p, "<w:t>实践课</w:t><w:noBreakHyphen/><w:t>全年</w:t><w:softHyphen/><w:t>不少于</w:t><w:tab/><w:t>8次。</w:t>")
    run(p, '<w:br/><w:t>（责任部门：教务处）</w:t><w:sym w:font="Wingdings" w:char="F0FC"/>')
    listed(d, 0, "加强组织建设")
    listed(d, 2, "编号不因换部分而重新开始。")
    listed(d, 1, "二级标题")
    gone = listed(d, 2, "")
    wrapped(gone, "del", "<w:r><w:delText>整段删去</w:delText></w:r>")
    gone._p.pPr.append(parse_xml(f'<w:rPr {W}><w:del w:id="8" w:author="甲"/></w:rPr>'))
    p = listed(d, 2, "修订：每年开展")
    wrapped(p, "del", "<w:r><w:delText>一次</w:delText></w:r>")
    wrapped(p, "ins", "<w:r><w:t>两次</w:t></w:r>")
    run(p, "<w:t>检查</w:t>")
    run(p, '<w:rPr><w:vanish/></w:rPr><w:t>隐藏的字</w:t>')
    run(p, '<w:footnoteReference w:id="2"/>')
    run(p, "<w:t>。</w:t>")
    p = d.add_paragraph("两段并成")
    p._p.get_or_add_pPr().append(parse_xml(f'<w:rPr {W}><w:del w:id="9" w:author="甲"/></w:rPr>'))
    d.add_paragraph("一段。")
    listed(d, 0, "重新编号的部分", 91)
    listed(d, 0, "第二部分", 91)
    p = d.add_paragraph("带文本框的段落。")
    box = "<w:txbxContent><w:p><w:r><w:t>框里的提示</w:t></w:r></w:p></w:txbxContent>"
    p._p.append(parse_xml(
        f'<w:r {W} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
        'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" xmlns:v="urn:schemas-microsoft-com:vml">'
        f'<mc:AlternateContent><mc:Choice Requires="wps"><wps:wsp><wps:txbx>{box}</wps:txbx></wps:wsp></mc:Choice>'
        f"<mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"))
    d.element.body.insert(-1, parse_xml(
        f"<w:sdt {W}><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent><w:p><w:r><w:t>单击此处输入文字</w:t></w:r></w:p>"
        "</w:sdtContent></w:sdt>"))
    d.save(HERE / "numbered.docx")


def table():
    d = Document()
    d.add_paragraph("2026年重点任务分解表")
    t = d.add_table(rows=6, cols=4)
    for row, words in zip(t.rows, [
        ("项目", "任务", "牵头部门", "完成时限"),
        ("一、基础工作", "", "", ""),
        ("制度", "修订考勤办法", "人事处", "3月底前"),
        ("", "修订奖励办法", "人事处", "上半年"),
        ("场地", "改造实训室\n更新设备", "", "10月"),
        ("", "清点资产", "资产处", "12月10日前"),
    ]):
        for cell, word in zip(row.cells, words):
            lines = word.split("\n")
            cell.text = lines[0]
            for line in lines[1:]:
                cell.add_paragraph(line)
    t.cell(1, 0).merge(t.cell(1, 3))
    t.cell(2, 0).merge(t.cell(3, 0))
    t.cell(4, 0).merge(t.cell(5, 0))
    frame = d.add_table(rows=1, cols=1)
    frame.cell(0, 0).text = "框在单格表里的正文。"
    d.add_paragraph("表后一段。")
    d.save(HERE / "table.docx")


FODT = """<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.text">
<office:automatic-styles><text:list-style style:name="L1">
<text:list-level-style-number text:level="1" style:num-format="一, 二, 三, ..." style:num-suffix="、"/>
<text:list-level-style-number text:level="2" style:num-format="1" style:num-suffix="."/>
</text:list-style></office:automatic-styles>
<office:body><office:text>
<text:p>云岭技师学院2026年工作计划</text:p>
<text:list text:style-name="L1">
<text:list-item><text:p>教学工作</text:p><text:list>
<text:list-item><text:p>每月召开1次教研会。<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body><text:p>脚注不读</text:p></text:note-body></text:note>（责任部门：教务处）</text:p></text:list-item>
<text:list-item><text:p>6月底前完成<text:tab/>教材<text:line-break/>征订。</text:p></text:list-item></text:list></text:list-item>
<text:list-item><text:p>后勤工作</text:p></text:list-item>
</text:list>
<table:table><table:table-column table:number-columns-repeated="2"/>
<table:table-row><table:table-cell table:number-rows-spanned="2"><text:p>总务处</text:p></table:table-cell><table:table-cell><text:p>检修水电</text:p></table:table-cell></table:table-row>
<table:table-row><table:covered-table-cell/><table:table-cell><text:p>绿化校园</text:p></table:table-cell></table:table-row>
</table:table>
<text:p>完。</text:p>
</office:text></office:body></office:document>"""


def convert(source, kind):
    subprocess.run(["soffice", "--headless", "--convert-to", kind, "--outdir", str(HERE), str(source)],
                   check=True, capture_output=True)


def libreoffice():
    source = HERE / "libreoffice.fodt"
    source.write_text(FODT, encoding="utf-8")
    for kind in ["docx", "doc", "odt", "rtf", "pdf"]:
        convert(source, kind)
    source.unlink()
    sheet = HERE / "libreoffice.csv"
    sheet.write_text("部门,任务\n教务处,教研\n", encoding="utf-8")
    for kind in ["xls", "xlsx"]:
        convert(sheet, kind)
    sheet.unlink()


numbered()
table()
libreoffice()
