import Synchronization

extension Request {
    /// Has a change made to the response to this request, whoever makes that response in the end.
    ///
    ///     request.onResponse { $0.headers[.xContentTypeOptions] = "nosniff" }
    ///     return try await next.respond(to: request)
    ///
    /// A middleware sees what is returned behind it, and neither what an error is turned into further out, nor the answer to a
    /// handler that took too long. These changes are made to all of them, just before the response is sent: the last one that
    /// was asked for is the first one that is made, so that of two middleware the outer one has the last word.
    ///
    /// What is asked for after the response was sent is ignored.
    public func onResponse(_ change: @escaping @Sendable (inout Response) -> Void) {
        head.response.withLock { state in
            if !state.hasEnded { state.changes.append(change) }
        }
    }

    /// A text for `<script nonce="…">` and `<style nonce="…">`, which no one can guess and no other response has.
    ///
    /// `SecurityHeadersMiddleware` names it in the `Content-Security-Policy` of a response for which it was asked for. It is
    /// 32 hexadecimal digits, the same for the whole request.
    public var cspNonce: String {
        head.response.withLock { state in
            if let nonce = state.nonce { return nonce }
            let nonce = [UInt64.random(in: .min ... .max), .random(in: .min ... .max)].map { number in
                let digits = String(number, radix: 16)
                return String(repeating: "0", count: 16 - digits.count) + digits
            }.joined()
            state.nonce = nonce
            return nonce
        }
    }
}

extension RequestHead {
    /// What is known of the response while it is made.
    struct ResponseState: Sendable {
        var changes: [@Sendable (inout Response) -> Void] = []
        var nonce: String?
        var hasEnded = false
        var hasTimedOut = false
        /// What takes the place of this request; it ends with it.
        var successor: RequestHead?
    }

    /// Whether the client was told that the handler took too long, and nothing that this does later reaches it.
    package var hasTimedOut: Bool { response.withLock { $0.hasTimedOut } }

    /// Notes that the handler took too long; before the client is told.
    package func timeOut() {
        let successor = response.withLock { state in
            state.hasTimedOut = true
            return state.successor
        }
        successor?.timeOut()
    }

    /// The nonce, if one was asked for.
    package var knownNonce: String? { response.withLock { $0.nonce } }

    /// Makes the changes that were asked for by ``Request/onResponse(_:)``.
    func change(_ response: inout Response) {
        for change in self.response.withLock({ $0.changes }).reversed() { change(&response) }
    }

    /// Lets go of what was to be done to the response, and of the request that may be caught in it.
    package func endResponse() {
        let successor = response.withLock { state in
            state.hasEnded = true
            state.changes = []
            return state.successor
        }
        successor?.endResponse()
    }

    /// Has another request end with this one, as the client waits for one response.
    func giveWay(to successor: RequestHead) {
        let hasTimedOut = response.withLock { state in
            state.successor = successor
            return state.hasTimedOut
        }
        if hasTimedOut { successor.timeOut() }
    }
}
