/// How much of a class of objects (EPCIS 2.0 §7.3.3.3).
package struct QuantityElement: Hashable, Sendable {
    package var epcClass: UTF8Text
    /// A decimal number as written; empty where the quantity is not known.
    package var quantity: UTF8Text = []
    package var uom: UTF8Text = []

    package init(epcClass: UTF8Text, quantity: UTF8Text = [], uom: UTF8Text = []) {
        self.epcClass = epcClass
        self.quantity = quantity
        self.uom = uom
    }
}

/// A read point or business location.
package struct Location: Hashable, Sendable {
    package var id: UTF8Text
    package var extensions: [ExtensionNode] = []

    package init(id: UTF8Text, extensions: [ExtensionNode] = []) {
        self.id = id
        self.extensions = extensions
    }
}

/// A business transaction, source or destination with its type (a Web URI for CBV types; may be empty).
package struct TypedIdentifier: Hashable, Sendable {
    package var type: UTF8Text
    package var id: UTF8Text

    package init(type: UTF8Text = [], id: UTF8Text) {
        self.type = type
        self.id = id
    }
}

/// Dispositions that begin and end to hold.
package struct PersistentDisposition: Hashable, Sendable {
    package var set: [UTF8Text] = []
    package var unset: [UTF8Text] = []

    package init(set: [UTF8Text] = [], unset: [UTF8Text] = []) {
        self.set = set
        self.unset = unset
    }

    package var isEmpty: Bool { self.set.isEmpty && unset.isEmpty }
}

/// The statement that an earlier event was in error; no part of the hash.
package struct ErrorDeclaration: Hashable, Sendable {
    package var declarationTime: UTF8Text
    package var reason: UTF8Text = []
    package var correctiveEventIDs: [UTF8Text] = []
    package var extensions: [ExtensionNode] = []

    package init(declarationTime: UTF8Text) { self.declarationTime = declarationTime }
}

/// Field of another namespace, or of a name that the standard does not know, with all inside it.
///
/// What XML says with attributes and elements and JSON with members is the same here, as it is in the hash.
package struct ExtensionNode: Hashable, Sendable {
    /// How JSON writes the text.
    package enum Literal: UInt8, Hashable, Sendable { case string, number, boolean }

    package var name: EPCISName
    package var text: UTF8Text
    package var literal: Literal
    /// Whether XML writes it as an attribute.
    package var isAttribute: Bool
    package var children: [ExtensionNode]

    package init(
        name: EPCISName, text: UTF8Text = [], literal: Literal = .string, isAttribute: Bool = false,
        children: [ExtensionNode] = []
    ) {
        self.name = name
        self.text = text
        self.literal = literal
        self.isAttribute = isAttribute
        self.children = children
    }
}
