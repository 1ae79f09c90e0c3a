"""Words: how the portal calls what enumerations hold, Indonesian and English side by side (DOMAIN.md 17)."""

Words = dict[str, tuple[str, str]]

SHORT: Words = {
    "required_population": ("Wajib KTP", "Required"),
    "recorded": ("Sudah merekam", "Recorded"),
    "coverage_percent": ("Cakupan", "Coverage"),
    "printed_first": ("Sudah punya kartu", "Have a card"),
    "unprinted": ("Belum tercetak", "Not printed"),
    "blank_stock": ("Stok blangko", "Blanks in stock"),
}
BESIDE: Words = {
    "coverage_percent": ("dari wajib KTP", "of those required"),
    "printed_of_required_percent": ("dari wajib KTP", "of those required"),
}
PART: Words = {
    "recorded": ("sudah merekam", "recorded"),
    "unrecorded": ("belum merekam", "not recorded"),
    "printed_first": ("sudah tercetak", "printed"),
    "unprinted_print_ready": ("siap cetak (PRR)", "print-ready"),
    "unprinted_held": ("menunggu pemohon", "waiting for the holder"),
    "unprinted_in_transit": ("terkirim, menunggu pusat", "sent, waiting for the centre"),
    "unprinted_failed": ("gagal atau ganda", "failed or duplicate"),
    "unprinted_on_kit": ("masih di alat rekam", "still on the kit"),
    "unprinted_not_broken_down": ("belum tercetak, tidak terinci", "not printed, not broken down"),
}
UNIT: Words = {
    "people": ("orang", "people"),
    "cards": ("kartu", "cards"),
    "pieces": ("keping", "pieces"),
    "places": ("kecamatan", "sub-districts"),
    "days": ("hari", "days"),
    "percent": ("", ""),
    "people_per_working_day": ("orang per hari kerja", "people a working day"),
}
FLAG: Words = {
    "recorded_over_required": (
        "Yang sudah merekam melebihi wajib KTP; itu mungkin saja benar.",
        "More are recorded than required; that can be legitimate.",
    ),
    "contradicts_the_opening": (
        "Bertentangan dengan titik awal: bagian-bagiannya melebihi keseluruhan.",
        "Contradicts the number it began with: the parts are more than the whole.",
    ),
    "below_zero": ("Di bawah nol.", "Below zero."),
    "suspect": ("Diragukan: mungkin salah cetak.", "Doubtful: probably a misprint."),
}
VERDICT: Words = {
    "met": ("tercapai", "met"),
    "missed": ("tidak tercapai", "missed"),
    "out_of_reach": ("di luar jangkauan", "out of reach"),
    "within_reach": ("dapat dicapai", "within reach"),
    "unknown": ("belum dapat dinilai", "cannot be judged yet"),
}
CHECK: Words = {
    "holds": ("cocok", "holds"),
    "differs": ("berbeda", "differs"),
    "cannot_be_checked": ("tidak dapat diperiksa", "cannot be checked"),
    "suspect": ("diragukan", "doubtful"),
}
STATE: Words = {
    "submitted": ("diajukan", "submitted"),
    "granted": ("disetujui", "granted"),
    "rejected": ("ditolak", "rejected"),
    "partly_received": ("diterima sebagian", "partly received"),
    "received": ("diterima", "received"),
    "closed": ("selesai", "closed"),
    "promised": ("dijanjikan", "promised"),
    "rescheduled": ("dijadwalkan ulang", "rescheduled"),
    "cancelled": ("dibatalkan", "cancelled"),
    "opened": ("terjadi", "opened"),
    "updated": ("diperbarui", "updated"),
    "reported": ("dilaporkan", "reported"),
    "opened_repair": ("dibuka", "opened"),
    "diagnosed": ("didiagnosis", "diagnosed"),
    "packed": ("dikemas", "packed"),
    "sent": ("dikirim", "sent"),
    "received_at_depot": ("diterima di depo", "received at the depot"),
    "waiting_parts": ("menunggu suku cadang", "waiting for parts"),
    "repaired": ("diperbaiki", "repaired"),
    "returned": ("dikembalikan", "returned"),
    "tested": ("diuji", "tested"),
    "written_off": ("dihapus", "written off"),
    "set": ("ditetapkan", "set"),
}
CONNECTION: Words = {
    "online": ("terkoneksi", "online"),
    "offline": ("offline", "offline"),
    "degraded": ("terganggu", "degraded"),
    "unknown": ("tidak diketahui", "unknown"),
}
LAYER: Words = {
    "kit": ("alat rekam", "recording kit"),
    "printer": ("pencetak", "printer"),
    "power": ("daya listrik", "power"),
    "network_link": ("jaringan kecamatan", "sub-district's link"),
    "subdistrict_server": ("server kecamatan", "sub-district server"),
    "district_server": ("server kabupaten", "district server"),
    "national_link": ("jaringan ke pusat", "link to the centre"),
    "national_data_centre": ("server pusat", "national data centre"),
}
CAUSE: Words = {
    "component_failure": ("komponen rusak", "component failure"),
    "wear": ("aus", "wear"),
    "arrived_broken": ("datang dalam keadaan rusak", "arrived broken"),
    "theft": ("pencurian", "theft"),
    "power_outage": ("listrik padam", "power outage"),
    "weak_supply": ("daya kurang", "weak supply"),
    "provider_outage": ("gangguan penyedia", "provider outage"),
    "quota_used_up": ("kuota habis", "quota used up"),
    "server_full": ("server penuh", "server full"),
    "server_failure": ("server rusak", "server failure"),
    "maintenance": ("pemeliharaan", "maintenance"),
    "deduplication_down": ("penunggalan berhenti", "de-duplication down"),
    "administrative_block": ("pemblokiran server", "administrative cut-off"),
    "national_blank_shortage": ("blangko kosong secara nasional", "national shortage of blanks"),
    "unknown": ("sebab tidak diketahui", "cause unknown"),
}
COMPONENT: Words = {
    "workstation": ("komputer", "workstation"),
    "camera": ("kamera", "camera"),
    "fingerprint_scanner": ("pemindai sidik jari", "fingerprint scanner"),
    "iris_scanner": ("pemindai iris", "iris scanner"),
    "signature_pad": ("papan tanda tangan", "signature pad"),
    "card_reader": ("pembaca kartu", "card reader"),
    "subdistrict_server": ("server kecamatan", "sub-district server"),
    "ups": ("UPS", "UPS"),
    "generator": ("genset", "generator"),
    "stabiliser": ("stabilisator", "stabiliser"),
    "network_link": ("jaringan", "network link"),
    "card_printer": ("pencetak kartu", "card printer"),
    "consumable": ("ribbon, film, cleaning kit", "printer supplies"),
    "external_disk": ("diska luar", "external disk"),
    "self_service_machine": ("anjungan mandiri (ADM)", "self-service machine"),
}
OWNER: Words = {
    "central": ("milik pusat", "central"),
    "granted": ("hibah", "granted"),
    "district": ("milik kabupaten", "district"),
    "province": ("milik provinsi", "province"),
    "borrowed": ("pinjam pakai", "borrowed"),
}
WHO: Words = {
    "consortium": ("konsorsium", "supplier consortium"),
    "ministry": ("Kementerian", "ministry"),
    "province": ("provinsi", "province"),
    "district": ("kabupaten", "district"),
    "central": ("pusat", "the centre"),
}
WHAT: Words = {
    "kits": ("alat rekam", "recording kits"),
    "kit": ("alat rekam", "recording kit"),
    "blanks": ("blangko", "blanks"),
    "ribbon": ("ribbon", "ribbon"),
}
SPEAKER: Words = {
    "office_head": ("Kepala Dinas", "Head of office"),
    "office_secretary": ("Sekretaris Dinas", "Secretary of the office"),
    "section_head": ("Kepala Bidang", "Section head"),
    "regent": ("Bupati/Wali Kota", "Regent or mayor"),
    "province_officer": ("Petugas provinsi", "Province officer"),
    "ministry_officer": ("Petugas kementerian", "Ministry officer"),
}
BASIS: Words = {
    "running": ("berjalan", "running"),
    "dkb": ("DKB", "half-year consolidated data"),
    "mixed": ("campuran", "mixed"),
}
SERVICE: Words = {
    "recording": ("perekaman", "recording"),
    "printing": ("pencetakan", "printing"),
    "upload": ("pengiriman data", "upload"),
    "uploads": ("pengiriman data", "uploads"),
    "moves": ("pindah datang", "moves"),
}
SAID: Words = {  # figures that statements speak of and that are none of ours
    "target_percent": ("Target perekaman", "Target of recording"),
    "target_due": ("Target: jatuh tempo", "Target: due"),
    "blanks_requested": ("Blangko diminta", "Blanks asked for"),
    "blanks_received": ("Blangko diterima", "Blanks received"),
    "blank_stock_cover_days": ("Stok cukup untuk (hari)", "Stock said to be enough for (days)"),
    "delivery_due": ("Kiriman alat dijanjikan", "Kits promised for"),
    "outage_days": ("Lama gangguan (hari)", "Length of the outage (days)"),
    "outage_cause": ("Sebab gangguan", "Cause of the outage"),
    "unrecorded_rank": ("Peringkat yang belum merekam", "Rank by people not recorded"),
    "zones": ("Zona sosialisasi", "Zones"),
    "teams": ("Tim keliling", "Outreach teams"),
    "team_size": ("Anggota tiap tim", "Members in each team"),
    "required_age": ("Usia wajib KTP", "Age from which a card is required"),
    "fee": ("Biaya (rupiah)", "Fee (rupiah)"),
    "equipment_owner": ("Pemilik alat", "Owner of the kits"),
    "server_trouble_layer": ("Gangguan server di", "Server trouble at"),
    "certificate_validity": ("Masa berlaku suket", "Validity of the interim certificate"),
}
SAID_VALUE: Words = {"until_blanks": ("sampai ada blangko", "until there are blanks")}
FIELD: Words = {
    "asked": ("Diminta", "Asked"),
    "granted": ("Diberikan", "Granted"),
    "received": ("Diterima", "Received"),
    "supplier": ("Pemasok", "Supplier"),
    "reason": ("Alasan", "Reason"),
    "note": ("Catatan", "Note"),
    "what": ("Apa", "What"),
    "by": ("Oleh", "By"),
    "slips": ("Kali tertunda", "Times put off"),
    "layer": ("Letak", "Layer"),
    "cause": ("Sebab", "Cause"),
    "services": ("Layanan terganggu", "Services affected"),
    "unprinted_put_down": ("Belum tercetak karenanya", "Not printed because of it"),
    "recordings_put_down": ("Perekaman hilang karenanya", "Recordings lost to it"),
    "component": ("Komponen", "Component"),
    "payer": ("Ditanggung oleh", "Paid by"),
    "cost_idr": ("Biaya (rupiah)", "Cost (rupiah)"),
    "checked_by": ("Diperiksa oleh", "Checked by"),
    "percent": ("Persen", "Percent"),
    "recordings": ("Perekaman", "Recordings"),
}
EVENT: Words = {
    "recordings.captured": ("perekaman", "recordings made"),
    "recordings.state_changed": ("berpindah bagian", "moved to another part"),
    "recordings.came_of_age": ("berusia 17 tahun", "came of age"),
    "recordings.area_changed": ("pindah alamat", "moved to another area"),
    "recordings.reversed": ("dibatalkan", "reversed"),
    "recordings.deleted": ("dihapus di pusat", "deleted at the centre"),
    "required_population.moved": ("mutasi wajib KTP", "required population moved"),
    "cards.printed": ("pencetakan", "cards printed"),
    "stock.moved": ("mutasi stok", "stock moved"),
    "shipment.received": ("kiriman diterima", "shipment received"),
}
WORDS: dict[str, Words] = {
    "short": SHORT, "beside": BESIDE, "part": PART, "unit": UNIT, "flag": FLAG, "verdict": VERDICT, "check": CHECK,
    "state": STATE, "connection": CONNECTION, "layer": LAYER, "cause": CAUSE, "component": COMPONENT, "owner": OWNER,
    "who": WHO, "payer": OWNER, "what": WHAT, "speaker": SPEAKER, "basis": BASIS, "service": SERVICE, "said": SAID,
    "said_value": SAID_VALUE, "field": FIELD, "event": EVENT,
}  # fmt: skip
