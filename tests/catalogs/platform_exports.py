"""Header sets of public export formats with a few rows, and what each column is.

The rows are in `platforms/`, cells separated by `|`.
"""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "platforms"


@dataclass(frozen=True, slots=True)
class Export:
    """`columns`: the proposed mapping of the required attributes.

    `never`: columns that are proposed for nothing.
    """

    file: str
    columns: dict[str, str]
    never: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return (FOLDER / self.file).read_text(encoding="utf-8")


EXPORTS = {
    "WooCommerce": Export(
        "woocommerce.csv",
        {
            "sku": "SKU",
            "ean": "GTIN, UPC, EAN, or ISBN",
            "price": "Regular price",
            "quantity": "Stock",
            "category": "Categories",
        },
        ("ID", "Type", "In stock?", "Sale price", "Low stock amount", "Position"),
    ),
    "PrestaShop products": Export(
        "prestashop-products.csv",
        {
            "sku": "Reference #",
            "ean": "EAN13",
            "price": "Price tax included",
            "quantity": "Quantity",
            "category": "Categories (x,y,z...)",
        },
        (
            "Product ID",
            "Active (0/1)",
            "Wholesale price",
            "UPC",
            "Ecotax",
            "Minimal quantity",
            "Available for order (0 = No, 1 = Yes)",
        ),
    ),
    "PrestaShop list": Export(
        "prestashop-list.csv",
        {
            "sku": "Reference",
            "ean": "EAN-13",
            "price": "Price (tax incl.)",
            "quantity": "Quantity",
            "category": "Category",
        },
        ("ID", "Price (tax excl.)", "Status"),
    ),
    "Magento 2": Export(
        "magento-2.csv",
        {
            "sku": "sku",
            "ean": "ean",
            "price": "price",
            "quantity": "qty",
            "category": "categories",
        },
        ("product_type", "special_price", "is_in_stock", "out_of_stock_qty"),
    ),
    "Mirakl offers": Export(
        "mirakl-offers.csv",
        {"sku": "sku", "price": "price", "quantity": "quantity"},
        ("product-id", "product-id-type", "state", "min-quantity-alert"),
    ),
    "Google TSV": Export(
        "google-tsv.csv",
        {"sku": "id", "ean": "gtin", "price": "price", "category": "product type"},
        ("availability", "mpn", "google product category", "item group id"),
    ),
    "ChannelEngine": Export(
        "channelengine.csv",
        {
            "sku": "MerchantProductNo",
            "ean": "EAN",
            "price": "Price",
            "quantity": "Stock",
            "category": "CategoryTrail",
        },
        ("PurchasePrice", "ShippingCost", "ManufacturerProductNumber"),
    ),
    "Lengow": Export(
        "lengow.csv",
        {
            "sku": "SKU",
            "ean": "EAN",
            "price": "PRICE_PRODUCT",
            "quantity": "QUANTITY",
            "category": "CATEGORY",
        },
        ("ID_PRODUCT", "WHOLESALE_PRICE", "PRICE_HT", "IS_AVAILABLE", "UPC"),
    ),
    "BigCommerce": Export(
        "bigcommerce.csv",
        {
            "sku": "Product Code/SKU",
            "ean": "Product UPC/EAN",
            "price": "Price",
            "quantity": "Current Stock Level",
            "category": "Category String",
        },
        ("Product ID", "Product Type", "Item Type", "Cost Price", "Low Stock Level"),
    ),
    "Amazon listings": Export(
        "amazon-listings.csv",
        {"sku": "seller-sku", "ean": "ean", "price": "price", "quantity": "quantity"},
        ("product-id", "product-id-type", "listing-id", "asin1"),
    ),
    "eBay active listings": Export(
        "ebay-active-listings.csv",
        {
            "sku": "Custom label (SKU)",
            "ean": "P:EAN",
            "price": "Start price",
            "quantity": "Available quantity",
            "category": "eBay category 1 name",
        },
        ("Sold quantity", "Watchers", "eBay category 1 number"),
    ),
    "Shopware 5": Export(
        "shopware-5.csv",
        {
            "sku": "ordernumber",
            "ean": "ean",
            "quantity": "instock",
            "category": "categories",
        },
        ("baseprice_EK", "pseudoprice_EK", "active", "stockmin", "tax"),
    ),
    "OXID": Export(
        "oxid.csv",
        {"sku": "OXARTNUM", "ean": "OXEAN", "price": "OXPRICE", "quantity": "OXSTOCK"},
        ("OXID", "OXACTIVE", "OXBPRICE", "OXSTOCKFLAG"),
    ),
    "JTL": Export(
        "jtl.csv",
        {
            "sku": "Artikelnummer",
            "ean": "GTIN",
            "price": "Brutto-VK",
            "quantity": "Lagerbestand",
            "grade": "Zustand",
            "category": "Kategorie Ebene 1",
        },
        ("Netto-VK", "EK Netto (für GLD)", "Mindestbestand"),
    ),
    "Odoo": Export(
        "odoo.csv",
        {
            "sku": "Internal Reference",
            "ean": "Barcode",
            "price": "Sales Price",
            "quantity": "Quantity On Hand",
            "category": "Product Category/Display Name",
        },
        ("Can be Sold", "Product Type"),
    ),
    "bol.com offers": Export(
        "bol-com-offers.csv",
        {
            "sku": "Reference",
            "ean": "EAN",
            "price": "Price",
            "quantity": "Stock",
            "grade": "Condition",
        },
        ("For sale", "Deliverycode"),
    ),
    "Ecwid": Export(
        "ecwid.csv",
        {
            "sku": "product_sku",
            "ean": "product_upc",
            "price": "product_price",
            "quantity": "product_quantity",
            "category": "product_category_1",
        },
        (
            "product_internal_id",
            "product_cost_price",
            "product_compare_to_price",
            "product_low_stock_notification_quantity",
            "product_is_inventory_tracked",
        ),
    ),
    "Shopify inventory": Export(
        "shopify-inventory.csv",
        {
            "sku": "Variant SKU",
            "ean": "Variant Barcode",
            "price": "Variant Price",
            "quantity": "Variant Inventory Qty",
            "grade": "Option1 Value",
            "category": "Product Category",
        },
        ("Variant Compare At Price", "Cost per item", "Variant Taxable", "Published"),
    ),
    "French ERP": Export(
        "french-erp.csv",
        {
            "sku": "Code article",
            "ean": "Gencod",
            "price": "Prix TTC",
            "quantity": "Qté stock",
            "grade": "État",
            "category": "Famille",
        },
        ("Prix d'achat", "PV HT", "Qté commandée"),
    ),
    "Spanish ERP": Export(
        "spanish-erp.csv",
        {
            "sku": "Referencias",
            "ean": "EAN",
            "price": "Precio con IVA",
            "quantity": "Stock actual",
            "grade": "Estado",
            "category": "Categorías",
        },
        ("Precio sin IVA", "Precio coste", "Stock mínimo"),
    ),
    "Back Market's old catalog": Export(
        "back-market-s-old-catalog.csv",
        {"sku": "sku", "price": "price", "quantity": "quantity"},
        ("state",),
    ),
    "Plurals": Export(
        "plurals.csv",
        {
            "sku": "SKUs",
            "ean": "EANs",
            "price": "Prices",
            "quantity": "Quantities",
            "grade": "Conditions",
            "category": "Categories",
        },
        (),
    ),
    "Net prices only": Export(
        "net-prices-only.csv",
        {"sku": "sku", "ean": "ean", "quantity": "quantity"},
        ("Price tax excluded", "Wholesale price"),
    ),
    "Price with six decimals": Export(
        "price-with-six-decimals.csv",
        {"sku": "sku", "ean": "ean", "quantity": "quantity"},
        ("price",),
    ),
}
