//! rulebook/roles.toml: traits of units, and posts in their order.

use std::collections::BTreeSet;

use model::Role;
use model::rule::{PostRule, RoleRule, Roles, TraitRule};

use crate::fault::Faults;
use crate::link::Links;
use crate::obligation::kinds;
use crate::tree::{Table, is_id};

/// Reads the file. Of an institution's own the posts and the traits take the place of the built-in ones, in its order; a
/// role of the same id does, the others stay, since the built-in procedures name them.
pub(crate) fn read(mut file: Table, out: &mut Roles, faults: &mut Faults, links: &mut Links) {
    let mut own = Roles::default();
    for table in file.tables("trait", faults) {
        one_trait(table, &mut own, faults);
    }
    for table in file.tables("post", faults) {
        one_post(table, &mut own, faults);
    }
    for table in file.tables("role", faults) {
        one_role(table, &mut own, faults, links);
    }
    file.finish(faults);
    if !own.posts.is_empty() {
        out.posts = own.posts;
    }
    if !own.traits.is_empty() {
        out.traits = own.traits;
    }
    out.roles.retain(|r| own.roles.iter().all(|o| o.id != r.id));
    own.roles.append(&mut out.roles);
    out.roles = own.roles;
}

fn one_role(mut table: Table, out: &mut Roles, faults: &mut Faults, links: &mut Links) {
    let span = table.span.clone();
    let id = table.need_text("id", faults);
    let title = table.need_text("title", faults);
    let kinds: BTreeSet<_> = kinds("kinds", &mut table, faults);
    let with = links.traits.read("with", &mut table, faults);
    let posts = table.spanned_texts("posts", faults);
    for (post, at) in &posts {
        links.post(post, faults.at(at));
    }
    let account = table.spanned_text("account", faults).and_then(|(word, at)| {
        let found = Role::from_id(&word).filter(|r| !r.is_admin());
        if found.is_none() {
            let ids: Vec<&str> = Role::ALL.iter().filter(|r| !r.is_admin()).map(|r| r.id()).collect();
            faults.say(&at, format!("没有账号角色“{word}”"), format!("可以是 {}。", ids.join("、")));
        }
        found
    });
    table.finish(faults);
    if kinds.is_empty() && with.is_empty() {
        faults.say(&span, "角色没有写明哪个组织担任（kinds、with）", "写成 with = [\"personnel\"]。");
    }
    let (Some(id), Some(title)) = (id, title) else { return };
    if !is_id(&id) {
        faults.say(&span, format!("编号“{id}”只能用小写字母、数字、- 和 _"), "");
    } else if out.roles.iter().any(|r| r.id == id) {
        faults.say(&span, format!("角色“{id}”重复"), "");
    }
    let posts = posts.into_iter().map(|(p, _)| p).collect();
    out.roles.push(RoleRule { id, title, kinds, with, posts, account });
}

fn one_trait(mut table: Table, out: &mut Roles, faults: &mut Faults) {
    let span = table.span.clone();
    let id = table.spanned_text("id", faults);
    let title = table.need_text("title", faults);
    let always: BTreeSet<_> = kinds("always", &mut table, faults);
    let kinds: BTreeSet<_> = kinds("kinds", &mut table, faults);
    table.finish(faults);
    if kinds.is_empty() {
        faults.say(&span, "没有写明哪些组织会有这种性质（kinds）", "写成 kinds = [\"branch\"]。");
    }
    let Some((id, at)) = id else {
        faults.say(&span, "组织性质缺少“id”", "");
        return;
    };
    if !is_id(&id) {
        faults.say(&at, format!("编号“{id}”只能用小写字母、数字、- 和 _"), "");
    } else if out.traits.iter().any(|t| t.id == id) {
        faults.say(&at, format!("组织性质“{id}”重复"), "");
    }
    let Some(title) = title else { return };
    out.traits.push(TraitRule { id, title, kinds, always });
}

fn one_post(mut table: Table, out: &mut Roles, faults: &mut Faults) {
    let span = table.span.clone();
    let title = table.need_text("title", faults);
    let heads = kinds("heads", &mut table, faults);
    let seat = table.switch("seat", faults);
    table.finish(faults);
    let Some(title) = title else { return };
    if out.posts.iter().any(|p| p.title == title) {
        faults.say(&span, format!("职务“{title}”重复"), "");
    }
    out.posts.push(PostRule { title, heads, seat });
}
