"""Makes the workbooks that the tests read. Needs openpyxl and LibreOffice (soffice). All text is invented.

    python3 make_sheets.py        # in this folder
"""

import datetime
import pathlib
import subprocess

from openpyxl import Workbook
from openpyxl.styles import Alignment

HERE = pathlib.Path(__file__).parent


def convert(source, kind):
    subprocess.run(["soffice", "--headless", "--convert-to", kind, "--outdir", str(HERE), str(source)],
                   check=True, capture_output=True)


def tasks():
    """A task table as an office keeps it: a title over it, a heading of two rows, merged cells, days as days."""
    book = Workbook()
    page = book.active
    page.title = "任务分解"
    page["A1"] = "青禾职业学院2026年党建重点任务分解表"
    page.merge_cells("A1:F1")
    page["A1"].alignment = Alignment(horizontal="center")
    page.append([])
    page.append(["序号", "工作类别", "工作任务", "牵头部门", "责任部门", "完成时限"])
    rows = [
        [1, "思想建设", "每季度至少举行1次中心组集体学习", "宣传部", "党委办公室", datetime.date(2026, 12, 10)],
        [2, None, "举办读书班", "组织部", "各党支部", datetime.date(2026, 6, 1)],
        [3, "组织建设", "选树表彰一批先进支部", "组织部", "各党支部", "七一前"],
        [4, None, "开展支部书记述职评议", "组织部\n党校", "各党总支", datetime.date(2026, 11, 1)],
    ]
    for row in rows:
        page.append(row)
    page["F5"].number_format = 'yyyy"年"m"月"'
    page["F4"].number_format = 'yyyy/m/d'
    page["F7"].number_format = 'm"月"'
    page.merge_cells("B4:B5")
    page.merge_cells("B6:B7")

    second = book.create_sheet("补充任务")
    second.append(["任务", "牵头单位", "完成时限"])
    second.append(["修订议事规则", "党委办公室", "3月底前"])
    second.append(["完成率", "督查室", 0.95])
    second["C3"].number_format = "0%"
    second["A5"] = "=1+1"
    second["B5"] = 12.50

    hidden = book.create_sheet("选项")
    hidden.append(["不该读到"])
    hidden.sheet_state = "hidden"
    book.create_sheet("空表")
    book.save(HERE / "tasks.xlsx")
    for kind in ["xls", "ods"]:
        convert(HERE / "tasks.xlsx", kind)


def people():
    """A roll as a personnel office exports it: numbers that must stay text, days in several writings."""
    book = Workbook()
    page = book.active
    page.title = "党员名册"
    page.append(["工号", "姓名", "出生日期", "入党时间", "所在支部", "党费"])
    page.append(["000123", "林知远", datetime.date(1990, 3, 7), "2015年7月1日", "机关第一党支部", 31.5])
    page.append([45, "何　晓", datetime.datetime(1988, 12, 1, 8, 30), "2010.06.18", None, 0])
    page.append(["110101199003070000", " 苏敏 ", "1990-03-07", None, "后勤党支部", "缴清"])
    page["E2"].alignment = Alignment(wrap_text=True)
    page.merge_cells("E2:E3")
    page["G4"] = "=NA()"
    book.save(HERE / "people.xlsx")
    convert(HERE / "people.xlsx", "xls")
    # Written again by LibreOffice: the formula has its value, the styles are LibreOffice's.
    convert(HERE / "people.xls", "xlsx")


tasks()
people()
