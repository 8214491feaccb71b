import Nestbox

extension Router {
    mutating func addRoutingRoutes() {
        for path in ["/params/{a}/{b}", "/tail/{rest...}"] {
            get(path) { request in
                try Response.json(["params": Dictionary(request.parameters.map { ($0.name, $0.value) }) { $1 }])
            }
        }
        get("/int/{id}") { request in
            try Response.json(["params": ["id": request.parameters.require("id", as: Int.self)]])
        }
        get("/only-get") { _ in "only GET\n" }
    }
}
