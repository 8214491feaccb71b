extension FastCGIConnection {
    /// Sends `request` and reads the answer.
    ///
    /// Reading goes on while there is still something to send, so a server may answer early; one that closes before
    /// it has read the body is no error if its answer is complete. Without `keepConnection` the connection is read
    /// to its close, which the application owes (FastCGI §5.1); ``FastCGIResponse/ending`` says how it came.
    public func perform(
        _ request: FastCGIRequest, _ framing: FastCGIRequest.Framing = .init(), timeout: Duration? = nil
    ) throws(TestingError) -> FastCGIResponse {
        let deadline = deadline(timeout)
        do throws(TestingError) {
            try stream.send(request.encoded(framing)[...], receiving: true, deadline)
        } catch  where error.code != .reset {
            throw error
        } catch {}
        var records = try recordsUntilEnd(of: framing.id, deadline)
        if framing.keepConnection { return FastCGIResponse(records, requestID: framing.id) }
        let (rest, ending) = try recordsUntilClose(deadline)
        records += rest
        return FastCGIResponse(records, requestID: framing.id, ending: ending)
    }

    /// Sends `FCGI_GET_VALUES` and reads the answer.
    public func getValues(_ names: [String], timeout: Duration? = nil) throws(TestingError) -> FastCGINameValuePairs {
        let deadline = deadline(timeout)
        try stream.send(FastCGIRecord.getValues(names).encoded()[...], deadline)
        let record = try readRecord(deadline)
        guard record.type == .getValuesResult, record.requestID == 0 else {
            throw TestingError(.malformed, "\(record.type) in answer to FCGI_GET_VALUES")
        }
        do throws(FastCGIRecord.DecodingError) {
            return try FastCGINameValuePairs(decoding: record.content)
        } catch {
            throw TestingError(.malformed, "\(error)")
        }
    }

    func recordsUntilEnd(of requestID: UInt16, _ deadline: Deadline) throws(TestingError) -> [FastCGIRecord] {
        var records: [FastCGIRecord] = []
        while true {
            let record = try readRecord(deadline)
            records.append(record)
            if record.type == .endRequest && record.requestID == requestID { return records }
        }
    }

    func recordsUntilClose(
        _ deadline: Deadline
    ) throws(TestingError) -> (records: [FastCGIRecord], ending: FastCGIResponse.Ending) {
        var records: [FastCGIRecord] = []
        while true {
            do throws(TestingError) {
                records.append(try readRecord(deadline))
            } catch  where error.code == .closed {
                return (records, .closed)
            } catch  where error.code == .reset {
                return (records, .reset)
            } catch {
                throw error
            }
        }
    }
}
