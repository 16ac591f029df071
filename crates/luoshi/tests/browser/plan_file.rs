//! A plan as a clerk has it: a Word file, invented, with the faults that such files have.

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Result;
use zip::write::SimpleFileOptions;

/// The title of the plan.
pub(crate) const TITLE: &str = "青梧职业技术学院2027年党建工作要点";

/// The name that the story's clause has in its own words.
pub(crate) const CLAUSE: &str = "各支部3月底前确定1个特色项目";

/// The unit of item 5 as the plan writes it; the college has none of this name.
pub(crate) const NO_UNIT: &str = "就业服务中心";

/// The plan's paragraphs. The unit that leads item 5 does not exist, which is an error; the title of the regulation in
/// item 2 is a slip (关于新形势下党内政治生活的若干准则), and 定期 in item 3 says no number, which are warnings.
const PARAGRAPHS: [&str; 11] = [
    TITLE,
    "2027年学校党建工作的总体要求是：把年初定下的事一件一件办成，以扎实的组织生活带动教书育人。",
    "一、严肃党内政治生活",
    "1.抓实理论学习中心组学习。党委理论学习中心组每季度集中学习研讨不少于1次，发言有准备、讨论有结论。（牵头部门：宣传部，责任部门：党委办公室）",
    "2.认真开展组织生活。落实《关于新形势下党内政治生活若干准则》，严格执行“三会一课”、主题党日制度。各支部每半年开展1次组织生活专项自查，查出的问题当月整改。（牵头部门：党委办公室，责任部门：各支部）",
    "3.加强谈心谈话。各支部定期开展谈心谈话，及时掌握党员思想状况。（牵头部门：组织部，责任部门：各支部）",
    "二、夯实基层基础",
    "4.创建“一支部一特色”。各支部3月底前确定1个特色项目，11月底前提交1份实践总结。（牵头部门：组织部，责任部门：各支部）",
    "5.以党建促就业。就业中心每学期组织1次访企拓岗，帮助困难学生落实去向。（牵头部门：就业服务中心，责任部门：各党总支）",
    "三、推动要点落地",
    "6.落实党建工作责任制。各党总支每半年向党委书面报告1次党建工作。坚持党的领导，弘扬实干作风。（牵头部门：党委办公室，责任部门：各党总支、各支部）",
];

const TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#;

const RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#;

/// Writes the plan into `folder`, as a Word file.
pub(crate) fn write(folder: &Path) -> Result<PathBuf> {
    let mut body = String::from(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>"#,
    );
    for words in PARAGRAPHS {
        // Word cuts a paragraph into runs where it pleases.
        let middle = words.char_indices().nth(words.chars().count() / 2).map_or(0, |(at, _)| at);
        let (first, second) = words.split_at(middle);
        body.push_str(&format!(
            r#"<w:p><w:r><w:t xml:space="preserve">{first}</w:t></w:r><w:r><w:t xml:space="preserve">{second}</w:t></w:r></w:p>"#
        ));
    }
    body.push_str("<w:sectPr/></w:body></w:document>");
    let mut file = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in
        [("[Content_Types].xml", TYPES), ("_rels/.rels", RELATIONS), ("word/document.xml", body.as_str())]
    {
        file.start_file(name, SimpleFileOptions::default())?;
        file.write_all(text.as_bytes())?;
    }
    let path = folder.join("2027年党建工作要点.docx");
    std::fs::write(&path, file.finish()?.into_inner())?;
    Ok(path)
}
