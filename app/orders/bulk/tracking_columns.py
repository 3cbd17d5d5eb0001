"""Names that merchants' programs and carriers give to columns of tracking files. Pure.

Normalized as `words_of` does: lower case, without accents, in en, fr, de, es, it, nl.
"""

from collections.abc import Mapping, Sequence

ORDER, NUMBER, CARRIER, URL = "order", "tracking_number", "shipper", "tracking_url"
REQUIRED = (ORDER, NUMBER)

COLUMNS: Mapping[str, Sequence[Sequence[str]]] = {
    ORDER: (
        (
            *("back market order id", "back market order number", "back market order"),
            *("backmarket order id", "backmarket order number", "backmarket order"),
            *("bm order id", "bm order number", "bm order", "marketplace order id"),
            *("marketplace order number", "marketplace id", "marketplace order"),
            *("channel order id", "channel order number"),
        ),
        (
            *("order id", "order number", "order no", "order nr", "order"),
            *("order reference", "order ref", "ordernumber", "orderid"),
            *("bestellnummer", "bestellnr", "bestell nr", "bestellung"),
            *("auftragsnummer", "auftragsnr", "auftrag", "bestellreferenz"),
            *("numero de commande", "no de commande", "n commande", "num commande"),
            *("n de commande", "no commande", "numero commande", "commande"),
            *("id commande", "ref commande", "n de pedido", "no de pedido"),
            *("reference commande", "numero de pedido", "n pedido", "no pedido"),
            *("num pedido", "numero pedido", "pedido", "id pedido"),
            *("numero ordine", "numero d ordine", "n ordine", "ordine", "id ordine"),
            *("ordernummer", "bestelling", "bestelnummer", "bestelnr"),
        ),
        ("customer reference", "shipment reference", "reference", "ref", "referenz"),
    ),
    NUMBER: (
        (
            *("tracking number", "tracking no", "tracking nr", "tracking code"),
            *("tracking id", "tracking", "trackingnumber", "track and trace"),
            *("track trace", "tracking reference", "shipment tracking number"),
            *("sendungsnummer", "sendungsnr", "sendungs nr", "paketnummer"),
            *("paketscheinnummer", "trackingnummer", "tracking nummer"),
            *("sendungsverfolgungsnummer", "numero de suivi", "no de suivi"),
            *("n de suivi", "n suivi", "num suivi", "numero suivi", "code de suivi"),
            *("suivi", "numero de seguimiento", "n seguimiento", "seguimiento"),
            *("numero seguimiento", "codigo de seguimiento", "numero di tracking"),
            *("numero tracking", "codice tracking", "numero di spedizione"),
            *("tracciamento", "numero di tracciamento", "trackingcode"),
            *("track en trace", "trackingnummers", "zendingnummer", "volgnummer"),
        ),
        (
            *("parcel number", "parcel no", "parcel id", "shipment number"),
            *("shipment id", "consignment number", "waybill", "waybill number"),
            *("awb", "awb number", "airwaybill", "barcode", "numero de colis"),
            *("numero colis", "n colis", "colis", "numero de envio", "barcodenummer"),
            *("pakketnummer", "lettera di vettura"),
        ),
    ),
    CARRIER: (
        (
            *("carrier", "shipper", "carrier name", "shipping carrier", "courier"),
            *("shipping company", "transporteur", "transporteur utilise"),
            *("versanddienstleister", "versender", "paketdienst", "spediteur"),
            *("frachtfuhrer", "zusteller", "transportista", "agencia de transporte"),
            *("corriere", "vettore", "spedizioniere", "vervoerder", "koerier"),
        ),
        ("shipping method", "shipping service", "versandart", "mode de livraison"),
    ),
    URL: (
        (
            *("tracking url", "tracking link", "tracking uri", "url tracking"),
            *("track url", "url de suivi", "lien de suivi", "url suivi", "lien suivi"),
            *("sendungsverfolgung", "trackinglink", "tracking seite"),
            *("sendungsverfolgungslink", "url de seguimiento", "enlace seguimiento"),
            *("enlace de seguimiento", "link tracking", "url di tracking"),
            *("link di tracciamento", "track trace url", "track trace link"),
        ),
    ),
}
"""Per field groups of names: a name of an earlier group takes precedence."""
