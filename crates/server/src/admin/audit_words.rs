//! What the acts in the audit log are called.

/// Every act that the program writes, by the name under which it is stored, with what people call it.
const WORDS: &[(&str, &str)] = &[
    ("access.refuse", "没有权限，未予办理"),
    ("account.ask", "申请开通账号"),
    ("account.ask-drop", "撤回开通账号的申请"),
    ("account.create", "开通账号"),
    ("account.disable", "停用账号"),
    ("account.enable", "恢复账号"),
    ("account.end-sessions", "在服务器上退出账号的登录"),
    ("account.feed", "取日历地址"),
    ("account.feed_end", "停用日历地址"),
    ("account.password", "修改密码"),
    ("account.recover", "在服务器上找回系统管理员"),
    ("account.reset", "重置密码"),
    ("account.unlock", "解除锁定"),
    ("arrival.close", "结束扫码签到"),
    ("arrival.open", "开扫码签到"),
    ("audit.check", "校验日志"),
    ("calendar.save", "改校历"),
    ("case.add-line", "流程环节加一行"),
    ("case.end", "终止流程事项"),
    ("case.extend", "流程环节延期"),
    ("case.hand-over", "移交流程事项"),
    ("case.open", "开办流程事项"),
    ("case.reopen", "重开流程事项"),
    ("case.return", "退回流程环节"),
    ("case.skip", "略过流程环节"),
    ("case.turn", "流程到期、变动"),
    ("case.uphold", "核定流程环节"),
    ("chase.call", "记催办电话"),
    ("chase.free", "放开暂缓的催办"),
    ("chase.hold", "暂缓催办"),
    ("chase.leave-out", "略过一级催办"),
    ("chase.release", "放行催办"),
    ("chase.seen", "看过催办"),
    ("correction.ask", "申请更正个人信息"),
    ("correction.decide", "答复更正申请"),
    ("duty.follow-term", "换届事项随任期调整"),
    ("entry.confirm", "确认记录"),
    ("entry.import", "导入记录"),
    ("entry.import-draft", "上传要导入的记录"),
    ("entry.many", "批量办理记录"),
    ("entry.many-undo", "撤回批量办理"),
    ("entry.reopen", "取消确认"),
    ("entry.restore", "恢复记录"),
    ("entry.return", "退回记录"),
    ("entry.revise", "修改记录"),
    ("entry.save", "记一笔"),
    ("entry.withdraw", "撤回记录"),
    ("exemption.approve", "批准免办、延期"),
    ("exemption.ask", "申请免办、延期"),
    ("exemption.refuse", "不批免办、延期"),
    ("export.account", "导出自己的账号信息"),
    ("export.cases", "导出流程事项"),
    ("export.check", "导出检查的表"),
    ("export.check-report", "起草检查报告"),
    ("export.duties", "导出应办事项"),
    ("export.entries", "导出记录"),
    ("export.entry", "导出一条记录"),
    ("export.evidence", "导出迎检材料包"),
    ("export.fetch", "下载导出的文件"),
    ("export.late", "导出逾期事项"),
    ("export.handbook", "导出工作手册"),
    ("export.handover", "导出交接清单"),
    ("export.matrix", "导出矩阵"),
    ("export.people", "导出人员名册"),
    ("export.plan", "导出要点"),
    ("export.report", "导出报告"),
    ("entry.read", "查看限定范围的记录"),
    ("file.keep", "上传附件"),
    ("file.read", "下载附件"),
    ("file.sweep", "清理没有保存的附件"),
    ("grant.end", "收回角色"),
    ("grant.give", "授予角色"),
    ("institution.about", "改学校设置"),
    ("institution.create", "建立学校"),
    ("institution.rename", "改校名"),
    ("job.cancel", "取消后台工作"),
    ("job.retry", "重做后台工作"),
    ("keys.rotate", "更换密钥"),
    ("moment.tell", "告知事件的日子"),
    ("person.add", "登记人员"),
    ("person.import", "导入人员"),
    ("person.import-draft", "上传人员名册"),
    ("person.import-undo", "撤回人员导入"),
    ("person.import-wrong", "下载名册中有误的行"),
    ("person.move", "办理人员变动"),
    ("person.reveal", "查看证件号码"),
    ("person.save", "修改人员信息"),
    ("plan.back", "退回一步"),
    ("plan.last-year", "沿用去年的要求"),
    ("plan.obligation", "修改要求"),
    ("plan.publish", "发布要点"),
    ("plan.remark", "处理体检意见"),
    ("plan.save", "保存要点"),
    ("plan.text", "改正要点原文"),
    ("plan.upload", "上传要点"),
    ("plan.version", "选定修订版"),
    ("routine.open", "开年度常规"),
    ("session.begin", "登录"),
    ("session.end", "退出登录"),
    ("session.lock", "登录失败，锁定"),
    ("session.refuse", "登录失败"),
    ("store.tally", "清点应办事项和佐证"),
    ("unit.contact", "改办公电话"),
    ("unit.dissolved", "撤销组织"),
    ("unit.founded", "成立组织"),
    ("unit.import", "导入组织"),
    ("unit.merged", "合并组织"),
    ("unit.moved", "调整组织上级"),
    ("unit.renamed", "组织改名"),
    ("unit.save", "改组织"),
    ("unit.split", "拆分组织"),
    ("unit.undo", "撤回组织变动"),
    ("sheet.answer", "检查：答没有记录的项"),
    ("sheet.rule", "检查：认可或不认可说明"),
    ("sheet.stand", "检查：定下数字"),
];

/// What an act is called; one that has no name here (of an older release) is shown as it is stored, never left out.
pub(super) fn words(action: &str) -> &str {
    WORDS.iter().find(|(id, _)| *id == action).map_or(action, |(_, words)| words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// The names in the source of a folder that look like acts: quoted, two words with a point between.
    fn acts(dir: &Path, out: &mut std::collections::BTreeSet<String>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                acts(&path, out);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                for (at, _) in text.match_indices(".act(").chain(text.match_indices("Act::new(")) {
                    let call: String = text[at..].chars().take(120).collect();
                    let call = call.split([';', '{']).next().unwrap_or_default();
                    out.extend(call.split('"').skip(1).step_by(2).map(str::to_owned));
                }
            }
        }
    }

    #[test]
    fn every_act_has_its_words() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut found = std::collections::BTreeSet::new();
        for name in ["server", "work", "web", "luoshi"] {
            acts(&crates.join(name).join("src"), &mut found);
        }
        let is_act = |a: &String| {
            a.split_once('.').is_some_and(|(x, y)| {
                let plain = |s: &str| !s.is_empty() && s.chars().all(|c| c.is_ascii_lowercase() || c == '-');
                plain(x) && plain(y)
            })
        };
        found.retain(is_act);
        assert!(found.len() > 20, "{found:?}");
        let nameless: Vec<&String> = found.iter().filter(|a| words(a) == a.as_str()).collect();
        assert!(nameless.is_empty(), "{nameless:?}");
    }
}
