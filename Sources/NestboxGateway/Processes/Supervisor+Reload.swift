import Logging

/// A reload starts as many workers as there are, from the program's file as it is now, and retires the others when all of the
/// new ones serve. The supervisor itself stays what it is.
extension Supervisor {
    /// Begins a reload that was asked for, once all serve and none is about to be replaced for another reason.
    func reloadIfWanted() {
        guard wantsReload, hasStarted, places.allSatisfy({ $0.next == nil }) else { return }
        (wantsReload, isReloading) = (false, true)
        reloading()
        do {
            for index in places.indices { places[index].next = try start() }
            let list = places.compactMap { $0.next.map { "\($0.processID)" } }.joined(separator: ", ")
            logger.notice("reload: starting the processes \(list)")
        } catch {
            failReload("\(error)")
        }
    }

    /// All of the new workers serve.
    func finishReload() {
        isReloading = false
        for index in places.indices {
            succeed(index)
            places[index].delay = RestartDelay()
        }
        logger.notice("reload: \(places.count == 1 ? "the new process serves" : "all new processes serve")")
        reloaded(status: "Reloaded")
    }

    func failReload(_ reason: String) {
        isReloading = false
        logger.error("no reload: \(reason) The old processes go on")
        for index in places.indices {
            if let process = places[index].next { retire(process) }
            places[index].next = nil
        }
        reloaded(status: "The reload has failed; the old processes go on")
    }
}
