#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sends mail to the school: ordinary letters, themed lures, and guesses of mailbox passwords.

    mails.py --target 10.20.30.11 --source ADDRESS … --count 120 --seconds 200
"""
import argparse
import random
import smtplib
import time
from email.message import EmailMessage

ORDINARY = [("Lich hop thu hai", "Kính gửi thầy cô, lịch họp như sau."), ("Bao gia thiet bi", "Gửi bảng giá."), ("Hello", "See you.")]
LURES = [
    ("Thong bao hoan thue thu nhap 2026", "Bạn được hoàn thuế. Xem http://ngan-hang-so.example/hoan-thue", None),
    ("COVID-19: danh sach tiem chung moi", "Xem tệp đính kèm. http://tai-ve.example/covid", "danh-sach.pdf.exe"),
    ("Thong bao phat nguoi qua camera", "Nộp phạt tại http://ngan-hang-so.example/phat", None),
    ("Khuyen mai casino 200 phan tram", "Chơi ngay http://casino.example/", None),
    ("Hoa don tien dien thang 11", "Hóa đơn đính kèm.", "hoa-don.docx.js"),
]


def letter(dice):
    m = EmailMessage()
    m["Date"] = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime())
    m["Message-ID"] = f"<{dice.randrange(10**12)}@cong-ty.example>"
    m["To"] = dice.choice(["hieu.truong", "van.thu", "giao.vien.3", "ke.toan"]) + "@truong-hoc.example"
    if dice.random() < 0.35:
        subject, text = dice.choice(ORDINARY)
        m["From"] = "Cong ty <lien.he@cong-ty.example>"
        attached = None
    else:
        subject, text, attached = dice.choice(LURES)
        m["From"] = dice.choice(["Tong cuc Thue <thue@den-do.example>", "Bo Y te <tin@y-te.den-do.example>", "CSGT <phat@den-do.example>"])
    m["Subject"] = subject
    m.set_content(text)
    if attached:
        m.add_attachment(b"MZ harmless, of a demo recording\n" * 4, maintype="application", subtype="octet-stream", filename=attached)
    return m


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--target", required=True)
    args.add_argument("--source", action="append", required=True)
    args.add_argument("--count", type=int, default=120)
    args.add_argument("--seconds", type=float, default=200)
    args.add_argument("--seed", type=int, default=3)
    opt = args.parse_args()
    dice = random.Random(opt.seed)
    for _ in range(opt.count):
        source = dice.choice(opt.source)
        try:
            with smtplib.SMTP(opt.target, 25, "mx.cong-ty.example", 5, (source, 0)) as link:
                if dice.random() < 0.25:
                    for word in ("123456", "truonghoc", "matkhau"):
                        try:
                            link.login(dice.choice(["van.thu", "admin", "ke.toan"]), word, initial_response_ok=True)
                        except smtplib.SMTPException:
                            pass
                else:
                    link.send_message(letter(dice))
        except (OSError, smtplib.SMTPException):
            pass
        time.sleep(opt.seconds / opt.count * dice.uniform(0.5, 1.2))


main()
