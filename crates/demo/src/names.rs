//! Invented names: common surnames and characters that parents give, by generation.

use std::collections::BTreeSet;

use super::chance::Chance;

/// Surnames, the commoner ones more than once.
const SURNAMES: &str = "王王王李李李张张张刘刘陈陈杨杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺顾龚郝邵钱严覃武戴莫孔向汤温";

/// Characters of a given name: first and second, of men and of women.
struct Given {
    men: (&'static str, &'static str),
    women: (&'static str, &'static str),
}

/// Born before about 1965.
const ELDER: Given = Given {
    men: ("振树长福永德兆传金宝", "山林根昌茂友顺堂生"),
    women: ("秀桂玉淑凤素翠月惠金", "兰芝珍芬琴娥荣芳英"),
};
/// Born from about 1965 to 1995.
const MIDDLE: Given = Given {
    men: ("志建文海晓俊鹏立少春宏继世", "辉勇刚亮凯钧铭松远岩林"),
    women: ("丽晓海雪春静红亚艳文慧立", "燕娟梅敏莉娜玲蓉洁芸芬"),
};
/// Born since about 1995.
const YOUNGER: Given = Given {
    men: ("子浩宇俊嘉泽梓博文明天睿承", "轩宇然豪涵阳辰睿航霖诚铭哲逸"),
    women: ("梓欣雨思佳诗若可紫语心艺梦子静", "涵怡萱妍桐瑶晴悦然茹溪菲"),
};

/// A generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Generation {
    Elder,
    Middle,
    Younger,
}

/// Gives names, none of them twice.
pub(crate) struct Names {
    surnames: Vec<char>,
    given: BTreeSet<String>,
}

impl Names {
    pub(crate) fn new() -> Self {
        Self { surnames: SURNAMES.chars().collect(), given: BTreeSet::new() }
    }

    /// A name that nobody has yet.
    pub(crate) fn next(&mut self, generation: Generation, chance: &mut Chance) -> String {
        let of = match generation {
            Generation::Elder => ELDER,
            Generation::Middle => MIDDLE,
            Generation::Younger => YOUNGER,
        };
        let (first, second) = if chance.percent(52) { of.women } else { of.men };
        let (first, second): (Vec<char>, Vec<char>) = (first.chars().collect(), second.chars().collect());
        loop {
            let mut name = String::new();
            name.extend(chance.pick(&self.surnames));
            let a = chance.pick(&first);
            name.extend(a);
            name.extend(chance.pick(&second).filter(|b| a != Some(b)));
            // Two characters are left to chance's rarer draws: short names are the ones that well-known people bear.
            if name.chars().count() == 3 && self.given.insert(name.clone()) {
                return name;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_comes_twice() {
        let (mut names, mut chance) = (Names::new(), Chance::new(3, "names"));
        let all: BTreeSet<String> = (0..1500)
            .map(|i| {
                names.next(if i % 3 == 0 { Generation::Middle } else { Generation::Younger }, &mut chance)
            })
            .collect();
        assert_eq!(all.len(), 1500);
        assert!(all.iter().all(|n| n.chars().count() == 3));
    }
}
