/// A server that takes part in a run with pages.
enum Contender: Hashable, Sendable {
    case c
    /// With so many session files before the first request.
    case ours(sessionFiles: Int)
    /// With kept connections there have to be more children than nginx may open.
    case php(children: Int, kept: Bool = false)
    case blackSheep, spiderweb

    /// What its directory is called.
    var name: String {
        switch self {
        case .c: "c"
        case .ours(0): "ours"
        case .ours(let files): "ours-\(files)"
        case .php(let children, let kept): kept ? "php-kept" : "php-\(children)"
        case .blackSheep: "blacksheep"
        case .spiderweb: "spiderweb"
        }
    }
}
