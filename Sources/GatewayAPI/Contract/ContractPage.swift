import Codec

/// The OpenAPI document as a page to read: one file, no script, nothing from elsewhere.
enum ContractPage {
    static let bytes: [UInt8] = {
        guard let document = try? JSONDocument(parsing: OpenAPIDocument.bytes) else { return [] }
        var page = Page()
        page.write(document.root)
        return Array(page.html.utf8)
    }()
}

private struct Page {
    var html = ""

    private static let style = """
        body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
        code,pre{font:14px/1.4 ui-monospace,monospace;background:#f3f3f3;padding:.1em .3em}
        pre{padding:.8em;overflow:auto}
        h2{border-top:1px solid #ccc;padding-top:1.2rem}
        .method{display:inline-block;min-width:4.5em;font-weight:700}
        table{border-collapse:collapse;width:100%}
        td,th{text-align:left;vertical-align:top;padding:.25em .6em .25em 0;border-bottom:1px solid #eee}
        @media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}code,pre{background:#262626}}
        """

    mutating func write(_ root: JSONNode) {
        let title = text(root["info"]?["title"])
        html += "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        html += "<title>\(title)</title><style>\(Self.style)</style>"
        html += "<h1>\(title) <small>\(text(root["info"]?["version"]))</small></h1>"
        html += "<p>\(text(root["info"]?["description"]))</p>"
        html += "<p>The contract itself: <a href=/openapi.json>openapi.json</a>.</p><ul>"
        let operations = (root["paths"]?.fields.map { $0 } ?? []).flatMap { path in
            path.value.fields.filter { $0.name != "parameters" }.map { (path.name, $0.name, $0.value) }
        }
        for (path, method, node) in operations {
            html += "<li><a href='#\(text(node["operationId"]))'><span class=method>\(method.uppercased())</span> "
            html += "<code>\(Self.escaped(path))</code></a>"
        }
        html += "</ul>"
        for (path, method, node) in operations { operation(node, method, path) }
        html += "<h2 id=schemas>Schemas</h2>"
        for schema in root["components"]?["schemas"]?.fields.map({ $0 }) ?? [] {
            html += "<h3 id='schema-\(Self.escaped(schema.name))'>\(Self.escaped(schema.name))</h3>"
            html += "<p>\(text(schema.value["description"]))</p><pre>"
            html += Self.escaped(String(decoding: schema.value.rawBytes, as: UTF8.self)) + "</pre>"
        }
    }

    private mutating func operation(_ node: JSONNode, _ method: String, _ path: String) {
        html += "<h2 id='\(text(node["operationId"]))'><span class=method>\(method.uppercased())</span> "
        html += "<code>\(Self.escaped(path))</code></h2><p>\(text(node["summary"])) \(text(node["description"]))</p>"
        let parameters = node["parameters"]?.elements.map { $0 } ?? []
        if !parameters.isEmpty {
            html += "<table><tr><th>parameter<th>in<th>form<th>meaning"
            for item in parameters {
                let star = item["required"]?.bool == true ? " (required)" : ""
                html += "<tr><td><code>\(text(item["name"]))</code>\(star)<td>\(text(item["in"]))"
                html += "<td>\(form(item["schema"]))<td>\(text(item["description"]))"
            }
            html += "</table>"
        }
        if let content = node["requestBody"]?["content"] {
            html += "<p>Body: \(types(content))</p>"
        }
        html += "<table><tr><th>status<th>answer<th>media type"
        for answer in node["responses"]?.fields.map({ $0 }) ?? [] {
            html += "<tr><td>\(Self.escaped(answer.name))<td>\(text(answer.value["description"]))<td>"
            if let content = answer.value["content"] { html += types(content) }
        }
        html += "</table>"
    }

    /// Media types, each with the schema that it names.
    private func types(_ content: JSONNode) -> String {
        content.fields.map { type in
            let reference = type.value["schema"]?["$ref"]?.string?.split(separator: "/").last.map(String.init)
            let name = "<code>\(Self.escaped(type.name))</code>"
            guard let reference else { return name }
            return "\(name) <a href='#schema-\(Self.escaped(reference))'>\(Self.escaped(reference))</a>"
        }.joined(separator: ", ")
    }

    private func form(_ schema: JSONNode?) -> String {
        guard let schema else { return "" }
        let pattern = schema["pattern"]?.string.map { " <code>\(Self.escaped($0))</code>" } ?? ""
        return text(schema["type"]) + pattern
    }

    private func text(_ node: JSONNode?) -> String { Self.escaped(node?.string ?? "") }

    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;").replacing("'", with: "&#39;")
    }
}
